//! Everything that can be said of a world without playing it: what its author has to mend before it can be believed.
//!
//! | file | what it finds |
//! |---|---|
//! | `mod.rs` | patterns of the truth that are none, a trigger that names no alarm of the world |
//! | `layout.rs` | files that nobody reads: misspelt, in the wrong folder, of a function or stack that is not listed |
//! | `shape.rs` | values of another type than AWS's, members that AWS does not have |
//! | `schema.rs` | JSON Schema, as far as `docs/schemas/` needs it |
//! | `place.rs` | ARNs of another region or account |
//!
//! The services' own parsers come first: where one of them refuses a file, its shape is not told as well.

mod layout;
mod place;
mod schema;
mod shape;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::scenario::{SCENARIO_FILE, Trigger};
use crate::{ScenarioError, World, services};

const ALARMS: &str = "world/cloudwatch/alarms.json";

/// All that is wrong, each fault once.
pub(crate) fn faults(world: &World) -> Vec<ScenarioError> {
    let mut faults: Vec<ScenarioError> = patterns(world).collect();
    faults.extend(services::SERVICES.iter().filter_map(|service| (service.check)(world).err()));
    let refused: Vec<String> = faults.iter().map(|fault| fault.file().to_owned()).collect();
    let read = shape::read(world.scenario().files());
    faults.extend(layout::faults(world.scenario().files(), &read));
    faults.extend(read.faults.into_iter().filter(|fault| !refused.iter().any(|file| file == fault.file())));
    faults.extend(place::faults(world.scenario(), &read.values));
    faults.extend(trigger(world, &read.values));
    let mut told = Vec::new();
    faults.retain(|fault| {
        let is_new = !told.contains(fault);
        told.push(fault.clone());
        is_new
    });
    faults
}

fn patterns(world: &World) -> impl Iterator<Item = ScenarioError> {
    world.scenario().truth.patterns().filter_map(|pattern| {
        let what = regex::Regex::new(pattern).err()?.to_string();
        Some(ScenarioError::Invalid { file: SCENARIO_FILE.to_owned(), what })
    })
}

fn trigger(world: &World, values: &BTreeMap<&str, Value>) -> Option<ScenarioError> {
    let Trigger::Alarm(alarm) = &world.scenario().trigger else { return None };
    let is_there = world.scenario().files().get(ALARMS).is_some();
    let names: Vec<&str> = match values.get(ALARMS) {
        Some(file) => {
            ["MetricAlarms", "CompositeAlarms"].iter().flat_map(|list| named(file, list, "AlarmName")).collect()
        }
        // A file that cannot be read is said already.
        None if is_there => return None,
        None => Vec::new(),
    };
    if names.contains(&alarm.as_str()) {
        return None;
    }
    let hint = match (nearest(alarm, names.iter().copied()), names.as_slice()) {
        (_, []) => format!("{ALARMS} has none at all"),
        (Some(near), _) => format!("did you mean {near}?"),
        (None, names) => format!("{ALARMS} has {}", names.join(", ")),
    };
    let what = format!("trigger.alarm: {alarm:?} is no alarm of this world; {hint}");
    Some(ScenarioError::Invalid { file: SCENARIO_FILE.to_owned(), what })
}

/// The texts of one member in the items of a file's list.
fn named<'a>(file: &'a Value, list: &str, member: &'a str) -> impl Iterator<Item = &'a str> {
    let items = file.get(list).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(move |item| item.get(member)?.as_str())
}

/// The name that was probably meant.
fn nearest<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    /// Jaro-Winkler: a letter or two of a word.
    const NEAR: f64 = 0.88;
    let scored = names.map(|name| (strsim::jaro_winkler(&written.to_lowercase(), &name.to_lowercase()), name));
    scored.filter(|(score, _)| *score >= NEAR).max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, name)| name)
}
