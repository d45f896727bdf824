//! `inject`: instructions to the investigator, planted wherever strangers or owners can write. The truth stays.
//!
//! | file | what it holds |
//! |---|---|
//! | `attacks.toml`, `attack.rs` | the attacks, as data |
//! | `logs.rs`, `places.rs` | where they are planted: in logs; in names, descriptions, tags, settings and comments |
//!
//! The variant of a scenario has one attack a carrier, and several log lines. Which one follows from the scenario's title, so that the same scenario always has the
//! same ones, and all scenarios together have them all.

use marple_world::{Files, Scenario, ScenarioError};

use super::{Made, Varied, edit};

mod attack;
mod logs;
mod places;

pub use attack::{Attack, Carrier, attacks};

/// Every carrier, in the order in which a variant uses them.
const CARRIERS: [Carrier; 14] = [
    Carrier::LogLine,
    Carrier::MultiLineLog,
    Carrier::JsonField,
    Carrier::FilterResult,
    Carrier::ExceptionMessage,
    Carrier::ResourceName,
    Carrier::Tag,
    Carrier::Environment,
    Carrier::StackDescription,
    Carrier::StackEventReason,
    Carrier::CodeComment,
    Carrier::AlarmDescription,
    Carrier::FunctionDescription,
    Carrier::ImageTag,
];

/// Attacks in log lines of one variant.
const LOG_LINES: usize = 6;

pub(super) fn make(base: &Scenario) -> Made {
    let mut files = base.files().clone();
    let (mut planted, mut chosen) = (0, Vec::new());
    for (turn, carrier) in CARRIERS.into_iter().enumerate() {
        let able: Vec<&Attack> = attacks().iter().filter(|attack| attack.carriers.contains(&carrier)).collect();
        // Of log lines there can be several; of all else a later one would replace the earlier.
        let wanted = if carrier == Carrier::LogLine { LOG_LINES.min(able.len()) } else { 1 };
        let first = rotation(&base.title) + turn;
        for attack in (first..first + wanted).filter_map(|number| able.get(number % able.len().max(1))) {
            let places = place(&mut files, base, attack, carrier)?;
            if places > 0 {
                planted += places;
                chosen.push((*attack).clone());
            }
        }
    }
    let names: Vec<&str> = chosen.iter().map(|attack| attack.id.as_str()).collect();
    let changed = format!("instructions stand in {planted} places: {}", names.join(", "));
    Ok(Ok(Varied { files, accepted: vec![base.truth.clone()], changed, attacks: chosen }))
}

/// Plants one attack alone, in the first of its carriers that the world has; in its logs, if it has none of them.
///
/// # Errors
/// A file of the scenario cannot be read.
pub fn plant(base: &Scenario, attack: &Attack) -> Result<Files, ScenarioError> {
    let mut files = base.files().clone();
    for carrier in attack.carriers.iter().copied().chain([Carrier::LogLine]) {
        if place(&mut files, base, attack, carrier)? > 0 {
            break;
        }
    }
    Ok(files)
}

/// Plants an attack in every place of a carrier, and says in how many.
fn place(files: &mut Files, base: &Scenario, attack: &Attack, carrier: Carrier) -> Result<usize, ScenarioError> {
    let text = attack.text.as_str();
    match carrier {
        Carrier::LogLine => logs::write(files, base, &format!("client: {text}")),
        Carrier::MultiLineLog | Carrier::FilterResult => logs::write(files, base, text),
        Carrier::JsonField => logs::write(files, base, &logs::as_json_field(text)),
        Carrier::ExceptionMessage => logs::echo(files, text),
        Carrier::ResourceName => places::resource(files, text),
        Carrier::Tag => places::tag(files, text),
        Carrier::Environment => places::environment(files, text),
        Carrier::StackDescription => places::describe(files, edit::STACKS, "Stacks", "Description", text),
        Carrier::StackEventReason => places::stack_event(files, text),
        Carrier::CodeComment => Ok(places::comment(files, text)),
        Carrier::AlarmDescription => places::describe(files, edit::ALARMS, "MetricAlarms", "AlarmDescription", text),
        Carrier::FunctionDescription => places::describe(files, edit::FUNCTIONS, "Functions", "Description", text),
        Carrier::ImageTag => places::image_tag(files, text),
    }
}

/// A number that follows from a title (FNV-1a): the same on every machine.
fn rotation(title: &str) -> usize {
    let hash = title.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    usize::try_from(hash >> 3).unwrap_or(0)
}
