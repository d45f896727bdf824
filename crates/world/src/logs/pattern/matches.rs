//! Matching a filter pattern against a message.

use serde_json::Value;

use super::{Check, Condition, Fields, JsonTest, Operand, Operator, Pattern, Slot, Step, Text};

impl Pattern {
    /// Whether an event with this message is returned.
    pub(crate) fn matches(&self, message: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Terms(terms) => {
                let plain = terms.required.is_empty() && terms.excluded.is_empty();
                terms.required.iter().all(|term| term.is_in(message))
                    && !terms.excluded.iter().any(|term| term.is_in(message))
                    && (!plain || terms.optional.iter().any(|term| term.is_in(message)))
            }
            Self::Json(condition) => {
                message.trim_start().starts_with(['{', '['])
                    && serde_json::from_str(message).is_ok_and(|value| condition.holds(&|test| test.holds(&value)))
            }
            Self::Fields(fields) => fields.match_words(&words(message)),
        }
    }
}

impl Text {
    fn is_in(&self, message: &str) -> bool {
        match self {
            Self::Literal(text) => message.contains(text.as_str()),
            Self::Regex(regex) => regex.is_match(message),
        }
    }
}

impl<Test> Condition<Test> {
    fn holds(&self, test: &impl Fn(&Test) -> bool) -> bool {
        match self {
            Self::Test(leaf) => test(leaf),
            Self::All(parts) => parts.iter().all(|part| part.holds(test)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(test)),
        }
    }
}

impl JsonTest {
    /// A comparison never holds for a property that is not there, not even `!=`.
    fn holds(&self, document: &Value) -> bool {
        let mut found = vec![document];
        for step in &self.selector {
            found = found.into_iter().flat_map(|value| follow(value, step)).collect();
        }
        let any = |check: &dyn Fn(&Value) -> bool| found.iter().any(|value| check(value));
        match &self.check {
            Check::NotExists => found.is_empty(),
            Check::IsNull => any(&Value::is_null),
            Check::IsTrue => any(&|value| value.as_bool() == Some(true)),
            Check::IsFalse => any(&|value| value.as_bool() == Some(false)),
            Check::Compare(operator, operand) => any(&|value| compare_value(value, *operator, operand)),
        }
    }
}

fn follow<'a>(value: &'a Value, step: &Step) -> Vec<&'a Value> {
    match (step, value) {
        (Step::Key(key), Value::Object(object)) => object.get(key).into_iter().collect(),
        (Step::Index(index), Value::Array(items)) => items.get(*index).into_iter().collect(),
        (Step::Every, Value::Array(items)) => items.iter().collect(),
        (Step::Every, Value::Object(object)) => object.values().collect(),
        _ => Vec::new(),
    }
}

fn compare_value(value: &Value, operator: Operator, operand: &Operand) -> bool {
    match value {
        Value::String(text) => compare_text(text, None, operator, operand),
        Value::Number(number) => compare_text(&number.to_string(), number.as_f64(), operator, operand),
        Value::Bool(_) | Value::Null => compare_text(&value.to_string(), None, operator, operand),
        // Only "is it there" can be asked of a structure.
        Value::Array(_) | Value::Object(_) => {
            matches!(operator, Operator::Equal) && matches!(operand, Operand::Wildcard(text) if text == "*")
        }
    }
}

/// `number`: the value as a number, where it is one.
fn compare_text(text: &str, number: Option<f64>, operator: Operator, operand: &Operand) -> bool {
    let equal = || match operand {
        Operand::Number(expected, written) => number.map_or(text == written, |number| number == *expected),
        Operand::Wildcard(pattern) => wildcard(pattern, text),
        Operand::Regex(regex) => regex.is_match(text),
    };
    let by_size = |holds: fn(&f64, &f64) -> bool| match (number, operand) {
        (Some(number), Operand::Number(expected, _)) => holds(&number, expected),
        _ => false,
    };
    match operator {
        Operator::Equal => equal(),
        Operator::NotEqual => !equal(),
        Operator::Less => by_size(f64::lt),
        Operator::Greater => by_size(f64::gt),
        Operator::LessOrEqual => by_size(f64::le),
        Operator::GreaterOrEqual => by_size(f64::ge),
    }
}

/// Whether `text` is `pattern`, in which `*` stands for anything.
pub(super) fn wildcard(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut rest) = text.strip_prefix(head) else {
        return false;
    };
    let mut pieces: Vec<&str> = tail.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = rest.get(at + piece.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

impl Fields {
    fn match_words(&self, words: &[&str]) -> bool {
        let slots_match =
            |slots: &[Slot], words: &[&str]| slots.iter().zip(words).all(|(slot, word)| slot_matches(slot, word));
        match &self.after {
            None => words.len() == self.before.len() && slots_match(&self.before, words),
            Some(after) => {
                let (head, tail) = (self.before.len(), after.len());
                let enough = words.len() >= head + tail;
                enough
                    && slots_match(&self.before, words)
                    && slots_match(after, words.get(words.len() - tail..).unwrap_or_default())
            }
        }
    }
}

fn slot_matches(slot: &Slot, word: &str) -> bool {
    let test = |(operator, operand): &(Operator, Operand)| compare_text(word, word.parse().ok(), *operator, operand);
    slot.as_ref().is_none_or(|condition| condition.holds(&test))
}

/// Fields of a line: separated by white space; what stands in `"…"` or `[…]` is one field, without its marks.
fn words(message: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = message.trim();
    while let Some(first) = rest.chars().next() {
        let close = match first {
            '"' => Some('"'),
            '[' => Some(']'),
            _ => None,
        };
        let enclosed = close.and_then(|close| rest.get(1..)?.split_once(close));
        let (word, after) = match enclosed {
            Some(parts) => parts,
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        words.push(word);
        rest = after.trim_start();
    }
    words
}
