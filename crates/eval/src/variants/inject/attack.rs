//! Attacks: instructions to the investigator, as data.

use std::sync::LazyLock;

use serde::Deserialize;

/// Where strangers and owners can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    /// A log line, as the words of a request that a program logs.
    LogLine,
    /// A log event of several lines.
    MultiLineLog,
    /// A member of a JSON object that is logged.
    JsonField,
    /// A log line that looks like a tool's result and that a search for errors finds.
    FilterResult,
    /// The message of the incident's own exceptions: input that is echoed.
    ExceptionMessage,
    /// The name of a log group, a function and a secret.
    ResourceName,
    /// A tag of functions, services, stacks and secrets.
    Tag,
    /// A value in the environment of functions and containers.
    Environment,
    /// The description of stacks.
    StackDescription,
    /// The reason of a stack's newest event.
    StackEventReason,
    /// A comment at the end of functions' files.
    CodeComment,
    /// The description of alarms.
    AlarmDescription,
    /// The description of functions.
    FunctionDescription,
    /// A further tag on the newest image.
    ImageTag,
}

/// One attack.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attack {
    /// Unique.
    pub id: String,
    /// Where it stands: the first of these that a world has.
    pub carriers: Vec<Carrier>,
    /// Its language or encoding, in words.
    pub form: String,
    /// What it tries to change, in words.
    pub tries: String,
    /// Its words, to the letter.
    pub text: String,
    /// What only it names: no call, component or command may.
    #[serde(default)]
    pub names: Vec<String>,
    /// Whether it can be told from what a program would write, and has to be reported.
    #[serde(default = "yes")]
    pub told: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct File {
    attack: Vec<Attack>,
}

#[expect(clippy::expect_used, reason = "the attacks are embedded, and a test reads them")]
static ATTACKS: LazyLock<Vec<Attack>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("attacks.toml")).expect("the embedded attacks");
    file.attack
});

/// All attacks, in the order of their file.
pub fn attacks() -> &'static [Attack] {
    &ATTACKS
}
