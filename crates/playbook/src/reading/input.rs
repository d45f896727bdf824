//! What a function is given, as its own log lines tell it: what changed in it, and which message comes back again and again.
//!
//! The tool compared the fields with the baseline and with the invocations that failed; here is asked whether a change came in time for
//! a failure, and whether it could be its cause: how long something took, and how much memory it left, are effects.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use marple_case::{
    Citation, ResourceKind,
    facts::{Change, ChangedField, FieldChange, FunctionCode},
};
use regex::Regex;

use super::{Case, Seen};
use crate::{
    cite,
    source::{CodeLine, code_lines, number},
};

/// A field that was written this much after the failure belongs to the same invocation.
const TOGETHER: SignedDuration = SignedDuration::from_secs(5);
/// How long before a change of the input its sender may have been changed.
const BEFORE: SignedDuration = SignedDuration::from_mins(15);
/// Names of fields that tell of an effect: times, results, and use of the machine.
static EFFECT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:^|[._-])(?:ms|duration|elapsed|latency|took|time|seconds?|status(?:_?code)?|attempts?|retries|error\w*|level|heap\w*|rss|memory\w*|cpu\w*)$|(?:Ms|Millis|Seconds|Duration|Elapsed|Latency)$").ok()
});

/// A field and the evidence that holds it.
pub(crate) type Field<'a> = Seen<'a, ChangedField>;

impl<'a> Case<'a> {
    /// The fields that changed with a failure that began at `onset`, the most telling first.
    pub(crate) fn changed_input(&self, onset: Timestamp) -> Vec<Field<'a>> {
        let is_input =
            |field: &ChangedField| !matches!(field.change, FieldChange::Repeated { .. }) && !is_effect(&field.field);
        self.failing_fields(onset).filter(|field| is_input(field.fact)).collect()
    }

    /// The message that comes back again and again, and fails each time.
    pub(crate) fn repeated_message(&self, onset: Timestamp) -> Option<Field<'a>> {
        let mut repeated =
            self.failing_fields(onset).filter(|field| matches!(field.change, FieldChange::Repeated { .. }));
        repeated.next()
    }

    /// The fields whose lines were written in invocations that failed, since a moment or before it.
    fn failing_fields(&self, onset: Timestamp) -> impl Iterator<Item = Field<'a>> {
        let latest = onset.checked_add(TOGETHER).unwrap_or(onset);
        let fields = self.summaries.iter().flat_map(|summary| {
            let evidence = summary.evidence;
            summary.fact.changed_fields.iter().map(move |fact| Seen { evidence, fact })
        });
        let failing = move |field: &Field<'a>| {
            field.first <= latest && field.failed.is_some_and(|failed| failed > 0 && failed * 5 >= field.count * 4)
        };
        fields.filter(failing).collect::<Vec<_>>().into_iter()
    }

    /// Functions and services beside the subject that were changed shortly before a moment, the nearest first.
    pub(crate) fn changed_beside(&self, at: Timestamp) -> Vec<Seen<'a, Change>> {
        let near = |change: &Change| change.at <= at && at.duration_since(change.at) <= BEFORE;
        let program = |change: &Change| {
            let resource = change.resource.as_ref();
            resource.is_some_and(|one| {
                matches!(one.kind, ResourceKind::LambdaFunction | ResourceKind::EcsService)
                    && Some(&one.name) != self.subject.as_ref()
            })
        };
        let mut changes: Vec<Seen<'a, Change>> = self
            .all_changes()
            .filter(|change| !change.touches_subject && near(change.fact) && program(change.fact))
            .collect();
        changes.sort_by_key(|change| std::cmp::Reverse(change.at));
        let mut distinct: Vec<Seen<'a, Change>> = Vec::new();
        for change in changes {
            if !distinct
                .iter()
                .any(|known| known.fact.resource == change.fact.resource || named(known) == named(&change))
            {
                distinct.push(change);
            }
        }
        distinct
    }

    /// The program changed shortly before whose code holds what is new in the input.
    pub(crate) fn sender(&self, inputs: &[Field<'a>]) -> Option<Sender<'a>> {
        let first = inputs.iter().map(|field| field.first).min()?;
        let words: Vec<String> = inputs.iter().flat_map(|field| new_words(field.fact)).collect();
        self.changed_beside(first).into_iter().find_map(|change| {
            let line = self
                .code_of(named(&change)?)
                .into_iter()
                .find(|line| words.iter().any(|word| line.text.contains(word)))?;
            Some(Sender { change, line })
        })
    }

    /// The lines of another function's code, as far as it was read.
    fn code_of(&self, function: &str) -> Vec<CodeLine<'a>> {
        let of = |code: &'a FunctionCode, evidence| {
            let files = code.files.iter().filter(|file| file.lines.is_some());
            files.flat_map(move |fact| code_lines(Seen { evidence, fact })).collect::<Vec<_>>()
        };
        let read = self.evidence.iter().filter_map(|evidence| match &evidence.facts {
            marple_case::Facts::FunctionCode(code) if code.function == function => Some(of(code, evidence)),
            _ => None,
        });
        read.flatten().collect()
    }
}

/// Whether a field tells of an effect by its name: a time, a result, use of the machine.
pub(crate) fn is_effect(name: &str) -> bool {
    EFFECT.as_ref().is_some_and(|effect| effect.is_match(name))
}

/// Who seems to write the input that changed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender<'a> {
    /// Its change.
    pub(crate) change: Seen<'a, Change>,
    /// The line of its code that holds what is new.
    pub(crate) line: CodeLine<'a>,
}

/// The name of what was changed.
pub(crate) fn named<'a>(change: &Seen<'a, Change>) -> Option<&'a str> {
    change.fact.resource.as_ref().map(|resource| resource.name.as_str())
}

/// What a program that writes the new input would hold: the new values, as literals.
fn new_words(field: &ChangedField) -> Vec<String> {
    let FieldChange::Values { new, .. } = &field.change else { return Vec::new() };
    let telling = new.iter().filter(|value| value.len() >= 3 && !value.contains(['[', '#']));
    telling.flat_map(|value| [format!("\"{value}\""), format!("'{value}'")]).collect()
}

/// The change of a field, in words.
pub(crate) fn in_words(field: &ChangedField) -> String {
    let name = &field.field;
    let amount = |value: f64| if value.fract() == 0.0 { number::grouped(value) } else { value.to_string() };
    match &field.change {
        FieldChange::Values { new, before } => {
            if let Some(elements) = elements(new, before) {
                return format!("{name} {elements}");
            }
            format!("{name} is {}, which it never was in the baseline ({})", new.join(" or "), before.join(", "))
        }
        FieldChange::Range { low, high, before_low, before_high } => {
            let how = if low > before_high {
                "larger"
            } else if high < before_low {
                "smaller"
            } else {
                "further out"
            };
            format!(
                "{name} is {} to {}, {how} than ever in the baseline ({} to {})",
                amount(*low),
                amount(*high),
                amount(*before_low),
                amount(*before_high)
            )
        }
        FieldChange::Added => format!("{name} is there, which the baseline's lines never held"),
        FieldChange::Missing => format!("{name} is missing, which all of the baseline's lines held"),
        FieldChange::Repeated { value, every_s } => {
            let every = every_s.map(|seconds| format!(", about every {seconds} s")).unwrap_or_default();
            format!("{name} {value} came {} times{every}", field.count)
        }
    }
}

/// What came and went between two lists, where both values are lists.
fn elements(new: &[String], before: &[String]) -> Option<String> {
    let ([new], [before]) = (new, before) else { return None };
    let list = |text: &str| serde_json::from_str::<Vec<serde_json::Value>>(text).ok();
    let (new, before) = (list(new)?, list(before)?);
    let beside = |these: &[serde_json::Value], those: &[serde_json::Value]| {
        let apart = these.iter().filter(|one| !those.contains(one));
        apart.map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned)).collect::<Vec<_>>().join(", ")
    };
    let (came, went) = (beside(&new, &before), beside(&before, &new));
    match (came.is_empty(), went.is_empty()) {
        (false, false) => Some(format!("holds {came}, and no longer {went} as in the baseline")),
        (false, true) => Some(format!("holds {came}, which it never held in the baseline")),
        (true, false) => Some(format!("no longer holds {went} as in the baseline")),
        (true, true) => None,
    }
}

/// How much larger the input is at most than ever in the baseline, where its size is logged.
pub(crate) fn growth(field: &ChangedField) -> Option<f64> {
    match field.change {
        FieldChange::Range { low, high, before_high, .. } if low > before_high && before_high > 0.0 => {
            Some(high / before_high)
        }
        _ => None,
    }
}

/// What is said of the input's change, for a chain.
pub(crate) fn statement(inputs: &[Field<'_>]) -> Option<String> {
    let first = inputs.first()?;
    let beside = if first.beside.is_empty() { String::new() } else { format!(" (logged with \"{}\")", first.beside) };
    let others: Vec<String> = inputs.iter().skip(1).take(2).map(|field| in_words(field.fact)).collect();
    let others = if others.is_empty() { String::new() } else { format!("; {}", others.join("; ")) };
    Some(format!(
        "What the function is given changed: {}{beside}{others}. {} of these {} lines are of invocations that failed, and {} of the {} others.",
        in_words(first.fact),
        first.failed.unwrap_or_default(),
        first.count,
        first.usual_failed.unwrap_or_default(),
        first.usual
    ))
}

/// Quotes the tool's line of a field.
pub(crate) fn cite_field(field: &Field<'_>) -> Option<Citation> {
    let whole = format!("{} of \"{}\":", field.field, field.beside);
    let alone = format!("{}: ", field.field);
    cite::any(field.evidence, &[&[&whole], &[&alone, "before"]])
}
