//! Values of fields and expressions. Logs Insights is loosely typed: texts that look like numbers count as such.

use std::cmp::Ordering;

use crate::traffic::instant;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// The field is not there.
    Absent,
    Number(f64),
    Text(String),
    Bool(bool),
    /// Epoch milliseconds.
    Time(i64),
}

impl Value {
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// As a number, where it is one or looks like one.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Absent => None,
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            Self::Bool(value) => Some(f64::from(u8::from(*value))),
            Self::Time(at) => Some(*at as f64),
        }
    }

    /// As a result shows it; none if it is absent.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Absent => None,
            Self::Number(number) => Some(number_text(*number)),
            Self::Text(text) => Some(text.clone()),
            Self::Bool(value) => Some(u8::from(*value).to_string()),
            Self::Time(at) => Some(instant::insights(*at)),
        }
    }

    /// Whether a condition holds.
    pub(super) fn truth(&self) -> bool {
        match self {
            Self::Absent => false,
            Self::Bool(value) => *value,
            Self::Number(number) => *number != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Time(_) => true,
        }
    }

    /// Numbers by size, texts by their characters; none if one is absent.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        if let (Some(one), Some(two)) = (self.number(), other.number()) {
            return one.partial_cmp(&two);
        }
        match (self, other) {
            (Self::Bool(value), Self::Text(text)) => Some(value.to_string().as_str().cmp(text)),
            (Self::Text(text), Self::Bool(value)) => Some(text.as_str().cmp(&value.to_string())),
            _ => Some(self.text()?.cmp(&other.text()?)),
        }
    }

    /// The order of `sort`: a total one. Numbers stand before texts, absent values last.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        match (self.number(), other.number()) {
            (Some(one), Some(two)) => one.total_cmp(&two),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => match (self.text(), other.text()) {
                (Some(one), Some(two)) => one.cmp(&two),
                (one, two) => one.is_none().cmp(&two.is_none()),
            },
        }
    }
}

/// At most four decimals, without trailing zeros.
fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return format!("{number:.0}");
    }
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
