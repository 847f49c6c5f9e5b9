//! A store that knows a few requests: it refuses to delete what it is told to refuse, has rules, and has an upload in parts
//! that was given up long ago.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

const RULES: &str = "<LifecycleConfiguration>\
    <Rule><ID>theirs</ID><Filter><Prefix>logs/</Prefix></Filter><Status>Enabled</Status><Expiration><Days>7</Days></Expiration></Rule>\
    <Rule><ID>imgfilter-old</ID><Filter><Prefix>x/</Prefix></Filter><Status>Enabled</Status><Expiration><Days>9</Days></Expiration></Rule>\
    </LifecycleConfiguration>";
const NO_OBJECTS: &str = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
const OLD_UPLOAD: &str = "<ListMultipartUploadsResult><Upload><Key>r/1</Key><UploadId>u</UploadId>\
    <Initiated>2020-01-01T00:00:00.000Z</Initiated></Upload><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>";
const NO_UPLOADS: &str =
    "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>";

/// Answers one request after the other, each on a connection of its own.
pub struct FakeStore {
    address: SocketAddr,
    heard: Arc<Heard>,
}

/// What it was told.
#[derive(Default)]
struct Heard {
    lifecycle: Mutex<String>,
    deleted: Mutex<Vec<String>>,
}

impl FakeStore {
    /// One that deletes all keys but those that contain `refused`.
    pub fn refusing(refused: &'static str) -> Self {
        Self::start(refused, usize::MAX)
    }

    /// One that fails where it is to delete more than so many.
    pub fn taking(most: usize) -> Self {
        Self::start("nothing", most)
    }

    fn start(refused: &'static str, most: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::<Heard>::default();
        let told = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let told = Arc::clone(&told);
                std::thread::spawn(move || serve(stream, refused, most, &told));
            }
        });
        Self { address, heard }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The rules that were written last.
    pub fn lifecycle(&self) -> String {
        self.heard.lifecycle.lock().unwrap().clone()
    }

    /// The keys that it was to delete, as often as it was.
    pub fn deleted(&self) -> Vec<String> {
        self.heard.deleted.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, refused: &str, most: usize, heard: &Heard) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let body = String::from_utf8_lossy(&body);
    let request = head.lines().next().unwrap_or_default();
    let answer = match request.split(' ').next().unwrap_or_default() {
        "POST" => {
            heard.deleted.lock().unwrap().extend(keys_in(&body).map(str::to_owned));
            deleted(&body, refused)
        }
        "PUT" => {
            *heard.lifecycle.lock().unwrap() = body.to_string();
            String::new()
        }
        "GET" if request.contains("lifecycle") => RULES.to_owned(),
        "GET" if request.contains("uploads") && request.contains("prefix=r") => OLD_UPLOAD.to_owned(),
        "GET" if request.contains("uploads") => NO_UPLOADS.to_owned(),
        "GET" => NO_OBJECTS.to_owned(),
        _ => String::new(),
    };
    let status = if body.matches("<Key>").count() > most { "503 Slow Down" } else { "200 OK" };
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nConnection: close");
    let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
}

fn deleted(body: &str, refused: &str) -> String {
    let errors = keys_in(body).filter(|key| key.contains(refused)).map(|key| {
        format!("<Error><Key>{key}</Key><Code>AccessDenied</Code><Message>Not this one</Message></Error>")
    });
    format!("<DeleteResult>{}</DeleteResult>", errors.collect::<String>())
}

fn keys_in(body: &str) -> impl Iterator<Item = &str> {
    body.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next())
}
