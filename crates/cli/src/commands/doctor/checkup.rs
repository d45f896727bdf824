//! What the doctor found: checks with their outcome, and the permissions.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use marple_aws::{Access, Anonymous, Identity, Permission};

use crate::{arguments, environment::Environment, failure::Failure};

/// From here on a clock is worth a word: evidence is asked for by minutes.
const NOTABLE_SKEW: SignedDuration = SignedDuration::from_secs(30);
/// From here on AWS refuses signatures: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>.
const REFUSED_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Everything that was examined.
#[derive(Debug, Default)]
pub(super) struct Checkup {
    /// In the order in which they are shown.
    pub checks: Vec<Check>,
    /// Every permission that an investigation needs; empty where nobody could ask.
    pub permissions: Vec<Permission>,
    /// The region that was asked.
    pub region: Option<String>,
    /// The caller's account.
    pub account: Option<String>,
}

impl Checkup {
    /// Whether an investigation would get what it needs.
    pub(super) fn is_healthy(&self) -> bool {
        self.checks.iter().all(|check| check.outcome != Outcome::Failed)
    }

    /// The permissions that the caller lacks.
    pub(super) fn denied(&self) -> Vec<&Permission> {
        self.permissions.iter().filter(|permission| matches!(permission.access, Access::Denied { .. })).collect()
    }
}

/// One thing that was examined.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Check {
    /// What.
    pub name: &'static str,
    /// How it is.
    pub outcome: Outcome,
    /// What was found.
    pub detail: String,
    /// What to do.
    pub hint: Option<String>,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// As it should be.
    Fine,
    /// An investigation works, perhaps less well; or it could not be told.
    Unsure,
    /// An investigation would fail, or miss something.
    Failed,
}

impl Outcome {
    /// The word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Unsure => "unsure",
            Self::Failed => "failed",
        }
    }
}

impl Check {
    fn new(name: &'static str, outcome: Outcome, detail: impl Into<String>) -> Self {
        Self { name, outcome, detail: detail.into(), hint: None }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    fn failed(name: &'static str, failure: &Failure, before: &str) -> Self {
        let check = Self::new(name, Outcome::Failed, format!("{before}{}", failure.what()));
        Self { hint: failure.what_to_do().map(str::to_owned), ..check }
    }

    /// What counts of marple.toml.
    pub(super) fn of_configuration(environment: &Environment, arguments: &arguments::Doctor) -> Self {
        let file = match (&environment.file, &environment.name) {
            (None, _) => "no marple.toml; the program's defaults".to_owned(),
            (Some(file), None) => format!("{}, no environment", file.display()),
            (Some(file), Some(name)) => format!("{}, environment {name}", file.display()),
        };
        let models = arguments.model.chain().join(", then ");
        Self::new("configuration", Outcome::Fine, format!("{file}; model {models}"))
    }

    /// Who asks, and whether that is who should.
    pub(super) fn of_identity(identity: &Result<Identity, Anonymous>, expected: Option<&str>) -> Self {
        match identity {
            Ok(caller) if expected.is_some_and(|expected| expected != caller.account) => {
                let expected = expected.unwrap_or_default();
                let detail =
                    format!("{} is of account {}, and marple.toml says {expected}", caller.arn, caller.account);
                Self::new("credentials", Outcome::Failed, detail)
                    .hint("choose another --env or --profile, or mend the file")
            }
            Ok(caller) => {
                Self::new("credentials", Outcome::Fine, format!("account {}, {}", caller.account, caller.arn))
            }
            // The message says what to do.
            Err(Anonymous::Credentials(message)) => Self::new("credentials", Outcome::Failed, message),
            Err(Anonymous::Unavailable(message)) => Self::new("credentials", Outcome::Failed, message)
                .hint("check the network, the region and the endpoint settings"),
        }
    }

    /// A region is set.
    pub(super) fn region(region: &str) -> Self {
        Self::new("region", Outcome::Fine, region)
    }

    /// None is set.
    pub(super) fn no_region() -> Self {
        Self::new("region", Outcome::Failed, "no AWS region is set")
            .hint("give --region us-east-1 (or yours), set AWS_REGION, or put a region into marple.toml or the profile")
    }

    /// AWS's clock against this machine's. The answer was made at some time between the two.
    pub(super) fn of_clock(answered: Option<Timestamp>, before: Timestamp, after: Timestamp) -> Self {
        let Some(answered) = answered else {
            return Self::new("clock", Outcome::Unsure, "no answer said what time it is");
        };
        // The header has whole seconds: it may be up to one behind.
        let (early, late) = (before.duration_since(answered), answered.duration_since(after));
        let early = early.saturating_sub(SignedDuration::from_secs(1));
        let (skew, word) = if early > late { (early, "ahead of") } else { (late, "behind") };
        let detail = format!("{} s {word} AWS's", skew.as_secs());
        match skew {
            skew if skew >= REFUSED_SKEW => Self::new("clock", Outcome::Failed, detail)
                .hint("AWS refuses signatures of such a clock, and the windows of evidence would be wrong: set it"),
            skew if skew >= NOTABLE_SKEW => Self::new("clock", Outcome::Unsure, detail)
                .hint("the windows of evidence are as wrong as the clock: set it"),
            _ => Self::new("clock", Outcome::Fine, "as AWS's"),
        }
    }

    /// All permissions in one line.
    pub(super) fn of_permissions(permissions: &[Permission]) -> Self {
        if permissions.is_empty() {
            return Self::new("permissions", Outcome::Failed, "not asked for without credentials");
        }
        let count = |is: fn(&Access) -> bool| permissions.iter().filter(|permission| is(&permission.access)).count();
        let denied = count(|access| matches!(access, Access::Denied { .. }));
        let unclear = count(|access| matches!(access, Access::Unclear { .. }));
        let granted = format!("{} of {} granted", permissions.len() - denied - unclear, permissions.len());
        match (denied, unclear) {
            (0, 0) => Self::new("permissions", Outcome::Fine, granted),
            (0, unclear) => Self::new("permissions", Outcome::Unsure, format!("{granted}, {unclear} unclear")),
            (denied, 0) => Self::new("permissions", Outcome::Failed, format!("{granted}, {denied} denied")),
            (denied, unclear) => {
                Self::new("permissions", Outcome::Failed, format!("{granted}, {denied} denied, {unclear} unclear"))
            }
        }
    }

    /// No language model is used.
    pub(super) fn playbook() -> Self {
        Self::new("model", Outcome::Fine, "playbook: no language model")
    }

    /// Whether a model answered.
    pub(super) fn of_model(id: &str, reached: Result<(), Failure>) -> Self {
        match reached {
            Ok(()) => Self::new("model", Outcome::Fine, format!("{id} answers")),
            Err(failure) => Self::failed("model", &failure, &format!("{id}: ")),
        }
    }

    /// Whether the journal can be opened.
    pub(super) fn of_journal(opened: Result<(), Failure>, folder: Option<&Path>) -> Self {
        match opened {
            Ok(()) => Self::new(
                "journal",
                Outcome::Fine,
                folder.map_or_else(String::new, |folder| folder.display().to_string()),
            ),
            Err(failure) => Self::failed("journal", &failure, ""),
        }
    }
}

#[cfg(test)]
mod tests;
