//! The report for programs. Other programs rely on it: its keys are always there (`null` where there is no value), and it grows
//! only by new keys. The schema is `docs/report.schema.json`; a test keeps the two together.
//!
//! Texts stand here as they are; whoever decodes them and prints them on a terminal has to make them visible first.

use jiff::Timestamp;
use marple_case::{
    Action, Avoid, Category, Confidence, EvidenceId, Outcome, ResourceRef, Scope, Trigger, Verdict, event::FindingKind,
    mitigation::Spec, root_cause::Location,
};
use marple_untrusted::hidden;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;
use serde_json::Value;

use crate::report::{FoundBy, Gap, Report};

mod document;

/// The version of this format. Rises when a key changes its meaning or goes.
pub const FORMAT: u32 = 1;

/// Renders the report as indented JSON with a line end.
///
/// # Errors
/// If a value cannot be written as JSON. None of the types here is such a value.
pub fn render(report: &Report) -> Result<String, serde_json::Error> {
    let mut json = with_hidden_escaped(&serde_json::to_string_pretty(&Document::from(report))?);
    json.push('\n');
    Ok(json)
}

/// The last question of a report as JSON, with the record that it stands in.
///
/// # Errors
/// As [`render`].
pub fn render_last_question(report: &Report) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Asked {
        id: String,
        #[serde(flatten)]
        question: Option<Question>,
    }
    let question = report.questions.last().map(Question::from);
    Ok(with_hidden_escaped(&serde_json::to_string_pretty(&Asked { id: report.id.to_string(), question })?))
}

/// Writes hidden characters as `\u` escapes: the values stay what they are, and a terminal that shows the file is safe. Such
/// characters stand in JSON's strings only; its own white space is line ends and spaces.
fn with_hidden_escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for (character, is_hidden) in hidden::characters(json) {
        match character != '\n' && is_hidden {
            true => {
                let units = &mut [0; 2];
                let units = character.encode_utf16(units);
                escaped.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
            }
            false => escaped.push(character),
        }
    }
    escaped
}

/// The JSON Schema (2020-12) of [`Document`].
pub fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<Document>().to_value()
}

/// A report of an investigation by Marple.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Document {
    /// The version of this format.
    pub format: u32,
    /// The id of the investigation.
    pub id: String,
    /// The model that reported the root cause, or that was at work when the investigation ended. "playbook" is no language model.
    pub model: String,
    /// All models that answered, in the order of their first answer.
    pub models: Vec<String>,
    /// Whether one of them is a language model.
    pub language_model: bool,
    /// complete: root cause and plan; partial: something gave out; interrupted: a person stopped it; unfinished: it has not ended.
    pub status: Status,
    /// Why it is partial.
    pub reason: Option<String>,
    /// The verdict; null without a root cause.
    pub verdict: Option<Verdict>,
    /// Computed by code from the checks, never claimed by a model; null without a root cause.
    pub confidence: Option<Confidence>,
    /// Why the confidence is what it is.
    pub confidence_because: Vec<String>,
    /// Wall time of the investigation, milliseconds.
    pub elapsed_ms: u64,
    /// Answers of a model.
    pub turns: u32,
    /// Calls of tools that read AWS.
    pub tool_calls: u32,
    /// Calls that were refused.
    pub refused_calls: u32,
    /// What the investigation may use.
    pub budget: Budget,
    /// Tokens and money.
    pub usage: Used,
    /// The same figures for questions that were asked after the investigation.
    pub questions_spent: QuestionsSpent,
    /// What started the investigation.
    pub trigger: Option<Trigger>,
    /// What was looked at, and when.
    pub scope: Option<Scope>,
    /// The scenario that was played, if one was.
    pub scenario: Option<String>,
    /// The version of the program.
    pub program: Option<String>,
    /// The BCP 47 tag of the report's language.
    pub language: String,
    /// When the investigation was opened, UTC.
    pub opened_at: Option<Timestamp>,
    /// The root cause; null if none was found. Then `gaps`, `findings` and `evidence` say what is known.
    pub root_cause: Option<RootCause>,
    /// How many earlier root causes this one replaced.
    pub superseded: u32,
    /// Once a later root cause has replaced an earlier one: all versions, oldest first; the last one is `root_cause`. Else empty.
    pub versions: Vec<Version>,
    /// The mitigation plan; null if there is none.
    pub mitigation: Option<Mitigation>,
    /// What could not be seen, whether or not there is a root cause. Holds those of `root_cause` too.
    pub gaps: Vec<Gap>,
    /// What the checks of root cause and plan let pass, or what is worth knowing of them.
    pub remarks: Vec<String>,
    /// Evidence that tries to give instructions, as code found it; then what the model noted on its way.
    pub findings: Vec<Finding>,
    /// All evidence, in order.
    pub evidence: Vec<Evidence>,
    /// What happened to the investigation itself.
    pub notes: Vec<Note>,
    /// What a person asked afterwards.
    pub questions: Vec<Question>,
}

/// How an investigation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Ended with a root cause and a plan.
    Complete,
    /// Ended with less.
    Partial,
    /// A person stopped it.
    Interrupted,
    /// It has not ended.
    Unfinished,
}

/// What an investigation may use; null is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Budget {
    /// Answers of a model.
    pub turns: Option<u32>,
    /// Calls of tools that read AWS.
    pub tool_calls: Option<u32>,
    /// Tokens of all kinds.
    pub tokens: Option<u64>,
    /// Wall time, milliseconds.
    pub time_ms: Option<u64>,
    /// US dollars. Holds only where the model's price is known.
    pub cost_usd: Option<f64>,
}

/// Tokens and money.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Used {
    /// Input tokens that were neither read from nor written to a cache.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// Input tokens read from the prompt cache.
    pub cache_read_tokens: u64,
    /// Input tokens written to the prompt cache.
    pub cache_write_tokens: u64,
    /// US dollars; null where a model's price is unknown. 0 if no language model was used.
    pub cost_usd: Option<f64>,
}

/// What questions after the investigation used.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct QuestionsSpent {
    /// Wall time, milliseconds.
    pub elapsed_ms: u64,
    /// Answers of a model.
    pub turns: u32,
    /// Calls of tools that read AWS.
    pub tool_calls: u32,
    /// Tokens and money.
    pub usage: Used,
}

/// The root cause as it was accepted last, with the results of its check.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RootCause {
    /// The verdict.
    pub verdict: Verdict,
    /// The sort of cause.
    pub category: Category,
    /// One line.
    pub title: String,
    /// A few sentences.
    pub summary: String,
    /// The resources at fault.
    pub components: Vec<ResourceRef>,
    /// Where in the code.
    pub location: Option<Location>,
    /// When it began, UTC.
    pub onset: Option<Timestamp>,
    /// What sets it off.
    pub trigger: Option<String>,
    /// The causal chain, the cause first.
    pub chain: Vec<Link>,
    /// Rival explanations that were refuted.
    pub ruled_out: Vec<RuledOut>,
    /// What could not be seen: what the model named, then one for each denied or failed call that it did not name.
    pub gaps: Vec<Gap>,
    /// What the chain takes for granted without evidence.
    pub assumptions: Vec<String>,
    /// What a person should look at next.
    pub recommended_checks: Vec<String>,
    /// When it was accepted, UTC.
    pub at: Timestamp,
}

/// A version of the root cause.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Version {
    /// From 1.
    pub version: usize,
    /// The model that reported it.
    pub model: String,
    /// Computed by code from the checks.
    pub confidence: Confidence,
    /// The claim, with the results of its check.
    pub root_cause: RootCause,
    /// The plan that went with it.
    pub mitigation: Option<Mitigation>,
}

/// A link of the causal chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Link {
    /// What happened.
    pub statement: String,
    /// When, UTC, if at a moment.
    pub at: Option<Timestamp>,
    /// Whether the link is an inference: it has no citation, or one that does not stand.
    pub inference: bool,
    /// What shows it.
    pub citations: Vec<Citation>,
}

/// A rival explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RuledOut {
    /// The rival.
    pub hypothesis: String,
    /// Why it is not the cause.
    pub reason: String,
    /// Whether it has no citation, or one that does not stand.
    pub inference: bool,
    /// What shows that.
    pub citations: Vec<Citation>,
}

/// A quotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Citation {
    /// The evidence.
    pub evidence: EvidenceId,
    /// The quote.
    pub quote: String,
    /// Whether code found the quote in the evidence, to the letter (white space folded).
    pub verified: bool,
    /// The line of the evidence's text that holds it, from 1.
    pub line: Option<u32>,
    /// Why it was refused.
    pub refused: Option<String>,
}

/// The mitigation plan.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Mitigation {
    /// What relieves users now.
    pub immediate: Vec<Action>,
    /// Why there is nothing to do at once.
    pub no_immediate_action: Option<String>,
    /// What not to do, and why.
    pub avoid: Vec<Avoid>,
    /// What removes the cause.
    pub follow_up: Vec<Action>,
    /// The change of code.
    pub spec: Option<Spec>,
    /// What would have prevented or announced this.
    pub prevention: Vec<String>,
    /// When it was accepted, UTC.
    pub at: Timestamp,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// When, UTC.
    pub at: Timestamp,
    /// The sort.
    pub kind: FindingKind,
    /// In one sentence.
    pub text: String,
    /// What it rests on.
    pub evidence: Vec<EvidenceId>,
    /// Who found it.
    pub by: FoundBy,
}

/// A piece of evidence, without its text: that stays in the journal.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Evidence {
    /// `E1`, `E2`, …
    pub id: EvidenceId,
    /// The tool.
    pub tool: String,
    /// Its arguments, defaults filled in.
    pub arguments: Value,
    /// How the call ended.
    pub outcome: OutcomeWord,
    /// Why it was denied, or failed.
    pub detail: Option<String>,
    /// The IAM action that was denied, where it is known.
    pub denied_action: Option<String>,
    /// What it shows, in a few words of the report's language.
    pub brief: String,
    /// The `aws …` command line that takes it again.
    pub command: String,
    /// When it was taken, UTC.
    pub taken_at: Timestamp,
    /// How long that took, milliseconds.
    pub elapsed_ms: u64,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeWord {
    /// There was something.
    Found,
    /// There was nothing.
    NoData,
    /// A permission lacks.
    Denied,
    /// No usable answer.
    Failed,
}

impl From<&Outcome> for OutcomeWord {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Found => Self::Found,
            Outcome::NoData => Self::NoData,
            Outcome::Denied { .. } => Self::Denied,
            Outcome::Failed { .. } => Self::Failed,
        }
    }
}

/// Something that happened to the investigation itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    /// A model was left for another.
    Degraded {
        /// When, UTC.
        at: Timestamp,
        /// The model that was left.
        from: String,
        /// The model that went on.
        to: String,
        /// Why.
        reason: String,
    },
    /// The conversation was too large for the model, which was shown less of it from there on.
    Compacted {
        /// When, UTC.
        at: Timestamp,
        /// How many pieces of evidence were shortened.
        evidence: usize,
        /// Why.
        reason: String,
    },
    /// A person stopped it.
    Interrupted {
        /// When, UTC.
        at: Timestamp,
    },
    /// It was taken up again.
    Resumed {
        /// When, UTC.
        at: Timestamp,
    },
}

/// A question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Question {
    /// When it was asked, UTC.
    pub at: Timestamp,
    /// The question.
    pub question: String,
    /// The answer, Markdown; null if there is none.
    pub answer: Option<String>,
    /// What the answer rests on. Empty: words alone, of which nothing was checked.
    pub citations: Vec<Citation>,
    /// The model that answered.
    pub model: Option<String>,
    /// What gave out before there was an answer.
    pub given_up: Option<String>,
}

#[cfg(test)]
mod tests;
