use serde_json::json;

use super::*;

/// A folder with one upload in it, of `owner`, that wants `length` bytes.
struct Stage {
    folder: tempfile::TempDir,
    found: Found,
}

impl Stage {
    fn new(owner: Option<&str>, length: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(ENDED)).unwrap();
        let secret = "0123456789abcdef0123456789abcdef";
        let found = Found { id: format!("a-{secret}"), path: folder.path().join(secret) };
        let (task, image) = (Uuid::new_v4(), Uuid::new_v4());
        let owner = owner.map(str::to_owned);
        let info = Info { length, metadata: String::new(), owner, task, image, trace: None, ended: false };
        found.write(&info, &found.account()).unwrap();
        fs::write(&found.path, "1234").unwrap();
        Stage { folder, found }
    }

    fn place(&self, life: f64) -> Place {
        Place { folder: self.folder.path().to_owned(), edge: "a".into(), life }
    }

    fn wanted(&self, owner: Option<&str>) -> Wanted {
        let caller = Caller { owner: owner.map(str::to_owned), ..Caller::default() };
        Wanted { place: self.place(60.0), id: self.found.id.clone(), caller }
    }

    fn files(&self) -> usize {
        let inside = |folder: &Path| fs::read_dir(folder).unwrap().count();
        inside(self.folder.path()) - 1 + inside(&self.folder.path().join(ENDED))
    }
}

fn code(refused: Refused) -> Code {
    match refused {
        Refused::Problem(problem) => problem.code,
        other => panic!("{other}"),
    }
}

#[test]
fn the_size_of_the_file_is_how_far_it_has_come() {
    let stage = Stage::new(None, 10);
    let progress = find(&stage.wanted(None)).unwrap();
    assert_eq!((progress.offset, progress.length, progress.ended), (4, 10, false));
    fs::write(&stage.found.path, "123456").unwrap();
    assert_eq!(find(&stage.wanted(None)).unwrap().offset, 6);
}

#[test]
fn another_owner_finds_nothing() {
    let stage = Stage::new(Some("acme"), 10);
    assert!(find(&stage.wanted(Some("acme"))).is_ok());
    for other in [None, Some("other")] {
        assert_eq!(code(find(&stage.wanted(other)).unwrap_err()), Code::NotFound);
        assert_eq!(code(remove(&stage.wanted(other)).unwrap_err()), Code::NotFound);
    }
    assert!(find(&Stage::new(None, 10).wanted(Some("acme"))).is_ok(), "of nobody's the name is enough");
}

#[test]
fn names_lead_nowhere_else() {
    let stage = Stage::new(None, 10);
    for id in [
        "",
        "a-",
        "b-0123456789abcdef0123456789abcdef",
        "a-../../../../../../../../etc/passwd",
        "a-0123456789ABCDEF0123456789ABCDEF",
    ] {
        let wanted = Wanted { id: id.into(), ..stage.wanted(None) };
        assert_eq!(code(find(&wanted).unwrap_err()), Code::NotFound, "{id}");
    }
}

#[test]
fn an_ended_upload_is_remembered_without_its_bytes() {
    let stage = Stage::new(None, 4);
    assert_eq!(count(stage.folder.path()).unwrap(), 1);
    end(&stage.wanted(None)).unwrap();
    assert_eq!(count(stage.folder.path()).unwrap(), 0, "it is not unfinished any more");
    let progress = find(&stage.wanted(None)).unwrap();
    assert!(progress.ended && progress.offset == 4 && !stage.found.path.exists());
    end(&stage.wanted(None)).unwrap();
    remove(&stage.wanted(None)).unwrap();
    assert_eq!(stage.files(), 0);
    assert_eq!(code(find(&stage.wanted(None)).unwrap_err()), Code::NotFound);
}

#[test]
fn what_waits_too_long_is_over_and_goes() {
    let stage = Stage::new(None, 10);
    fs::write(stage.found.path.with_extension("yield"), "").unwrap();
    assert_eq!(sweep(&Sweep { place: stage.place(60.0) }).unwrap(), 0, "young ones stay");
    let wanted = Wanted { place: stage.place(0.0), ..stage.wanted(None) };
    assert_eq!(code(find(&wanted).unwrap_err()), Code::Gone);
    assert_eq!(sweep(&Sweep { place: stage.place(0.0) }).unwrap(), 3);
    assert_eq!(stage.files(), 0);
    let nowhere = Place { folder: "/nowhere".into(), ..stage.place(0.0) };
    assert_eq!(sweep(&Sweep { place: nowhere }).unwrap(), 0, "no folder, nothing to do");
}

#[test]
fn an_account_lives_as_long_as_its_bytes() {
    let stage = Stage::new(None, 10);
    let old = SystemTime::now() - Duration::from_secs(100);
    File::open(stage.found.account()).unwrap().set_modified(old).unwrap();
    assert_eq!(sweep(&Sweep { place: stage.place(60.0) }).unwrap(), 0);
    assert!(find(&stage.wanted(None)).is_ok());
}

#[test]
fn the_trace_is_that_of_the_request_that_began_it() {
    let stage = Stage::new(None, 4);
    let (found, info) = open(&stage.wanted(None)).unwrap();
    let trace = Trace { id: 1, span: 2, parent: Some(3), flags: 1, received: 1.6e9 };
    found.write(&Info { trace: Some(trace), ..info }, &found.account()).unwrap();
    let other = Trace { id: 7, ..trace };
    let mut wanted = stage.wanted(None);
    wanted.caller.trace = Some(other);
    assert_eq!(open(&wanted).unwrap().1.caller(&wanted).trace, Some(trace));
    let old = json!({"length": 4, "metadata": "", "owner": null, "task": Uuid::nil(), "image": Uuid::nil(), "ended": false});
    fs::write(stage.found.account(), old.to_string()).unwrap();
    assert_eq!(open(&wanted).unwrap().1.caller(&wanted).trace, Some(other), "an account of before has none");
}
