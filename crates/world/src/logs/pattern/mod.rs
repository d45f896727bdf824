//! CloudWatch Logs filter patterns: the syntax of `FilterLogEvents`, complete.
//!
//! ```text
//! ERROR "timed out" -DEBUG             all of these terms, none of the excluded
//! ?ERROR ?WARN                         any of these; ignored next to required or excluded terms
//! %[45]\d\d%                           a regular expression
//! { $.a.b = "x*" && ($.n > 3 || $.s NOT EXISTS) }      fields of a JSON message
//! [ip, user, ..., status = 4*, bytes > 100]            space-delimited fields
//! ```
//!
//! Terms are case-sensitive and match anywhere in the message. `parse` reads a pattern, `matches` evaluates one. Reading
//! never panics: what AWS would refuse is a [`PatternError`].

mod cursor;
mod matches;
mod parse;
#[cfg(test)]
mod tests;

use regex::Regex;

/// Why a pattern is refused; AWS answers with `InvalidParameterException`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternError {
    /// A character that needs quotes, or an operand where none may be.
    #[error("Invalid character(s) in term '{0}'")]
    InvalidCharacters(String),
    /// Quotes, brackets or parentheses that never close, or an unfinished condition.
    #[error("Invalid filter pattern: {0}")]
    Malformed(&'static str),
    /// `%…%` that is no regular expression, or uses what AWS does not support.
    #[error("Invalid filter pattern: regular expression '{0}' is not supported")]
    Regex(String),
}

/// A filter pattern, ready to be matched.
#[derive(Clone, Debug)]
pub(crate) enum Pattern {
    /// The empty pattern: every event.
    Everything,
    Terms(Terms),
    Json(Condition<JsonTest>),
    Fields(Fields),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Terms {
    required: Vec<Text>,
    optional: Vec<Text>,
    excluded: Vec<Text>,
}

/// Something to find in a text.
#[derive(Clone, Debug)]
enum Text {
    Literal(String),
    Regex(Regex),
}

/// Tests joined by `&&` and `||`.
#[derive(Clone, Debug)]
pub(crate) enum Condition<Test> {
    Test(Test),
    All(Vec<Condition<Test>>),
    Any(Vec<Condition<Test>>),
}

/// One test of a JSON pattern.
#[derive(Clone, Debug)]
pub(crate) struct JsonTest {
    selector: Vec<Step>,
    check: Check,
}

/// One step of a JSON selector.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
    /// `[*]` or `.*`: every element, every property.
    Every,
}

#[derive(Clone, Debug)]
enum Check {
    Compare(Operator, Operand),
    IsNull,
    IsTrue,
    IsFalse,
    NotExists,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
}

#[derive(Clone, Debug)]
enum Operand {
    /// A number, and how it was written.
    Number(f64, String),
    /// A text in which `*` stands for anything.
    Wildcard(String),
    Regex(Regex),
}

/// A space-delimited pattern: the fields before `...`, and those after it.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    before: Vec<Slot>,
    /// None without an ellipsis: the message must have exactly the fields of `before`.
    after: Option<Vec<Slot>>,
}

/// A field's tests; none if it is only named.
type Slot = Option<Condition<(Operator, Operand)>>;
