//! Failures: what failed, why, and what to do are three things; one renderer shows them.

use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use marple_agent::{
    InvestigateError, PromptError,
    ports::{JournalError, ModelError, ScopeError},
};
use marple_world::ScenarioError;

use crate::exit::Exit;

/// Something that ends the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    exit: Exit,
    what: String,
    hint: Option<String>,
}

impl Failure {
    /// A failure with its exit code.
    pub(crate) fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { exit, what: what.into(), hint: None }
    }

    /// The command line, or what it names, is wrong.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what)
    }

    /// A scenario or a setting is wrong.
    pub(crate) fn configuration(what: impl Into<String>) -> Self {
        Self::new(Exit::Configuration, what)
    }

    /// This should not happen.
    pub(crate) fn bug(what: impl Into<String>) -> Self {
        Self::new(Exit::Bug, what).hint("this is a bug of marple; please report it with the command line")
    }

    /// The same with what to do about it.
    #[must_use]
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// What failed, and why.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    /// What to do about it.
    pub(crate) fn what_to_do(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Writes it to standard error and gives the exit code.
    pub(crate) fn show(&self) -> ExitCode {
        const RED: Style = AnsiColor::Red.on_default().bold();
        const CYAN: Style = AnsiColor::Cyan.on_default();
        let what = marple_report::visible::text(&self.what);
        anstream::eprintln!("{RED}error:{RED:#} {what}");
        if let Some(hint) = &self.hint {
            anstream::eprintln!("{CYAN}hint:{CYAN:#} {}", marple_report::visible::text(hint));
        }
        self.exit.into()
    }
}

/// "did you mean", from the nearest names.
pub(crate) fn did_you_mean(names: &[String]) -> Option<String> {
    match names {
        [] => None,
        [only] => Some(format!("did you mean {only}?")),
        several => Some(format!("did you mean one of: {}?", several.join(", "))),
    }
}

impl From<ScopeError> for Failure {
    fn from(error: ScopeError) -> Self {
        let what = error.to_string();
        match error {
            ScopeError::UnknownAlarm { nearest, region, .. } => {
                let elsewhere = format!(
                    "aws cloudwatch describe-alarms --region {region} lists them; another region is chosen with --region"
                );
                Self::usage(what).hint(did_you_mean(&nearest).unwrap_or(elsewhere))
            }
            ScopeError::AmbiguousAlarm { choices, .. } => {
                Self::usage(what).hint(format!("name one of: {}", choices.join(", ")))
            }
            ScopeError::NoAlarm { .. } => Self::usage(what)
                .hint("name an alarm with --alarm, or ask a question: marple investigate \"why does … fail?\""),
            ScopeError::Credentials { .. } => Self::new(Exit::Access, what).hint(CREDENTIALS_HINT),
            ScopeError::Denied { .. } => Self::new(Exit::Access, what)
                .hint("the caller needs cloudwatch:DescribeAlarms; ask whoever administers the account"),
            ScopeError::Unavailable { .. } => {
                Self::new(Exit::Access, what).hint("check the network, the region and the endpoint settings")
            }
        }
    }
}

const CREDENTIALS_HINT: &str = "run `aws sso login --profile NAME` and give --profile NAME, or set AWS_ACCESS_KEY_ID and \
                                AWS_SECRET_ACCESS_KEY; without an account, try --scenario (`marple world list` names them)";

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        let what = format!("the model cannot be used: {error}");
        match error {
            ModelError::Credentials { .. } => Self::new(Exit::Access, what).hint(CREDENTIALS_HINT),
            ModelError::AccessDenied { .. } => Self::new(Exit::Access, what).hint(
                "the caller needs bedrock:InvokeModelWithResponseStream and the account access to this model; `--model playbook` investigates without a language model",
            ),
            ModelError::UnknownModel { .. } => Self::configuration(what).hint(
                "most models are called by an inference profile with a geography prefix, such as us. or eu.; `aws bedrock list-inference-profiles` names them",
            ),
            ModelError::ReplayDiffers { message } => Self::configuration(message).hint(
                "what the model is sent has changed since the transcript was recorded: if that was meant, record it anew with --record",
            ),
            ModelError::Throttled { .. }
            | ModelError::Rejected { .. }
            | ModelError::ContextExceeded { .. }
            | ModelError::Unavailable { .. } => Self::new(Exit::Partial, what),
        }
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        let what = error.to_string();
        match error {
            JournalError::Unknown { .. } => Self::usage(what),
            JournalError::Storage { .. } => Self::configuration(what),
            JournalError::Unreadable { .. } => Self::configuration(what).hint(
                "nothing was changed, and other investigations are not affected; restore journal.db from a backup, or begin anew with `marple investigate`",
            ),
        }
    }
}

impl From<InvestigateError> for Failure {
    fn from(error: InvestigateError) -> Self {
        match error {
            InvestigateError::Scope(error) => error.into(),
            InvestigateError::Model(error) => error.into(),
            InvestigateError::Journal(error) => error.into(),
        }
    }
}

impl From<ScenarioError> for Failure {
    fn from(error: ScenarioError) -> Self {
        Self::configuration(format!("the scenario cannot be played: {error}"))
            .hint("docs/worlds.md describes the format")
    }
}

impl From<PromptError> for Failure {
    fn from(error: PromptError) -> Self {
        Self::configuration(error.to_string()).hint("the embedded prompts are used without --prompts")
    }
}
