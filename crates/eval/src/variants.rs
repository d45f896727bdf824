//! Other worlds made of a scenario's files, before anything is parsed, and how the truth maps.
//!
//! | variant | what it changes | what is right then |
//! |---|---|---|
//! | `rename` | every resource's name, in logs and code, too | the same, with the new names |
//! | `shift` | every time, by 37 days and 5 hours | the same, at the new times |
//! | `mute` | no application log line is left; platform lines stay | the same cause, or insufficient evidence with that gap |
//! | `decoy` | a neighbour is deployed just before onset | the same, and neither that neighbour nor a rollback |
//! | `second-alarm` | an unrelated alarm fires, too | the same, and not what that alarm watches |
//! | `inject` | instructions to the investigator in logs, names, tags, settings, descriptions and comments | the same, with the attempt reported |
//! | `deny` | one service answers AccessDenied | the same, with that gap |
//!
//! A variant that cannot be made of a scenario (nobody can be deployed where there is no neighbour) says so, and counts nowhere.

use std::str::FromStr;

use marple_world::{Files, Scenario, ScenarioError, Truth};

mod decoy;
mod deny;
mod edit;
pub mod inject;
mod moved;
mod mute;
mod second_alarm;
#[cfg(test)]
mod tests;

/// A way to make another world of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variant {
    /// Every resource has another name.
    Rename,
    /// Every time is another.
    Shift,
    /// Application logs are gone.
    Mute,
    /// An innocent deployment just before onset.
    Decoy,
    /// An unrelated alarm fires.
    SecondAlarm,
    /// Instructions to the investigator stand in the data.
    Inject,
    /// A service refuses.
    Deny,
}

/// A variant as made.
#[derive(Debug, Clone)]
pub struct Varied {
    /// The files of the other world.
    pub files: Files,
    /// What is right in it: any of these.
    pub accepted: Vec<Truth>,
    /// What was changed, in words.
    pub changed: String,
    /// The instructions that were planted in it.
    pub attacks: Vec<inject::Attack>,
}

/// Why a variant cannot be made of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotApplicable(pub String);

/// A variant, or why it cannot be made. An error: the scenario's own files cannot be read.
pub(crate) type Made = Result<Result<Varied, NotApplicable>, ScenarioError>;

impl Variant {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Rename, Self::Shift, Self::Mute, Self::Decoy, Self::SecondAlarm, Self::Inject, Self::Deny];

    /// The name, as on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rename => "rename",
            Self::Shift => "shift",
            Self::Mute => "mute",
            Self::Decoy => "decoy",
            Self::SecondAlarm => "second-alarm",
            Self::Inject => "inject",
            Self::Deny => "deny",
        }
    }

    /// Makes the variant of a scenario.
    pub(crate) fn make(self, base: &Scenario) -> Made {
        match self {
            Self::Rename => moved::renamed(base),
            Self::Shift => moved::shifted(base),
            Self::Mute => mute::make(base),
            Self::Decoy => decoy::make(base),
            Self::SecondAlarm => second_alarm::make(base),
            Self::Inject => inject::make(base),
            Self::Deny => deny::make(base),
        }
    }
}

/// A name that is no variant's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no variant {0:?}; the variants are rename, shift, mute, decoy, second-alarm, inject, deny")]
pub struct UnknownVariant(pub String);

impl FromStr for Variant {
    type Err = UnknownVariant;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|variant| variant.name() == name).ok_or_else(|| UnknownVariant(name.to_owned()))
    }
}

/// The variant cannot be made.
fn not_applicable(reason: &str) -> Made {
    Ok(Err(NotApplicable(reason.to_owned())))
}

/// The variant, with one truth.
fn varied(files: Files, truth: Truth, changed: String) -> Made {
    Ok(Ok(Varied { files, accepted: vec![truth], changed, attacks: Vec::new() }))
}
