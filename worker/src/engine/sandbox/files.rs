//! No files but the operator's assets and a font, and no network: Landlock.

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope,
};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// The newest set of rules that is asked for; an older kernel enforces what it knows of it.
const NEWEST: ABI = ABI::V6;

/// Lets this thread and those it starts read what lies beneath `assets`, the system's font, and nothing else of any file
/// system, bind or reach no port, and signal nobody outside.
pub fn only(assets: &Path) -> Result<(), Error> {
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    // To its folder: the file is another one after each upgrade.
    let fonts = Path::new(imgfilter_filters::SYSTEM_FONT).parent();
    for folder in [Some(assets), fonts].into_iter().flatten() {
        // A folder that is not there needs no door.
        if let Ok(folder) = PathFd::new(folder) {
            rules = rules.add_rule(PathBeneath::new(folder, AccessFs::ReadFile | AccessFs::ReadDir))?;
        }
    }
    match rules.restrict_self()?.ruleset {
        RulesetStatus::NotEnforced => Err("this kernel has none".into()),
        RulesetStatus::PartiallyEnforced | RulesetStatus::FullyEnforced => Ok(()),
    }
}
