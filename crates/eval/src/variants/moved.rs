//! `rename` and `shift`: the same world under other names, and at another time. The truth stands in the files and moves along.

use jiff::SignedDuration;
use marple_world::{Files, Scenario, ScenarioError, Truth, rewrite};

use super::{Made, not_applicable, varied};

/// 37 days and 5 hours: no multiple of a week or a day, and across the end of a month.
const SHIFT: SignedDuration = SignedDuration::from_hours(37 * 24 + 5);
/// Of the invented names.
const SEED: u64 = 0x6d61_7270_6c65;

pub(super) fn renamed(base: &Scenario) -> Made {
    let files = base.files();
    let names = rewrite::fresh_names(files, &rewrite::resource_names(files)?, SEED ^ base.seed);
    if names.is_empty() {
        return not_applicable("no resource has a name that can be changed");
    }
    let files = rewrite::rename(files, &names);
    let truth = truth(&files)?;
    varied(files, truth, format!("{} names are others", names.len()))
}

pub(super) fn shifted(base: &Scenario) -> Made {
    let files = rewrite::shift(base.files(), SHIFT);
    let truth = truth(&files)?;
    varied(files, truth, format!("all times are {} h later", SHIFT.as_hours()))
}

fn truth(files: &Files) -> Result<Truth, ScenarioError> {
    Ok(Scenario::load(files.clone())?.truth)
}
