//! What a field was in the baseline, as a rule that a line keeps or breaks.

use std::collections::{BTreeSet, HashMap};

use super::line::{Field, masked};

/// Values that are counted apart.
const VALUES: usize = 2_000;
/// Values of a field that has few.
const FEW: usize = 20;
/// Forms of a field that has few.
const FORMS: usize = 10;
/// From this factor on a number lies far outside of a range.
const FAR: f64 = 2.0;
/// Lines below which nothing is said of a field.
const ENOUGH: u64 = 8;

/// What a field's values have in common.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Rule {
    /// Nothing that could be broken.
    #[default]
    Any,
    /// One of a few values.
    Few(BTreeSet<String>),
    /// A number of a few: what lies between is no departure.
    Between { low: f64, high: f64 },
    /// A number of many.
    Range { low: f64, high: f64 },
    /// One of a few forms, numbers and ids masked.
    Form(BTreeSet<String>),
    /// Another value in each line, of one of these forms; no forms: any.
    Each(BTreeSet<String>),
}

impl Rule {
    /// Whether a value breaks it.
    pub(super) fn is_broken_by(&self, field: &Field) -> bool {
        match (self, field.number) {
            (Self::Few(values), _) => !values.contains(&field.text),
            (Self::Between { low, high }, Some(number)) => number < *low || number > *high,
            (Self::Range { low, high }, Some(number)) => {
                (*high > 0.0 && number > *high * FAR) || (*low > 0.0 && number < *low / FAR)
            }
            (Self::Between { .. } | Self::Range { .. }, None) => true,
            (Self::Each(forms), _) if forms.is_empty() => false,
            (Self::Form(forms) | Self::Each(forms), _) => !forms.contains(masked(&field.text).as_ref()),
            (Self::Any, _) => false,
        }
    }

    /// The baseline's values, in words.
    pub(super) fn values(&self) -> Vec<String> {
        match self {
            Self::Few(values) | Self::Form(values) | Self::Each(values) => values.iter().take(FORMS).cloned().collect(),
            Self::Between { low, high } if low == high => vec![low.to_string()],
            Self::Between { low, high } | Self::Range { low, high } => vec![format!("{low} to {high}")],
            Self::Any => Vec::new(),
        }
    }
}

/// The values of a field in the baseline.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// How many lines have it.
    pub count: u64,
    values: HashMap<String, u64>,
    /// There are more values than were counted.
    overflows: bool,
    numbers: u64,
    low: f64,
    high: f64,
    rule: Rule,
}

impl Known {
    /// Another value.
    pub(super) fn add(&mut self, field: Field) {
        self.count += 1;
        if let Some(number) = field.number {
            self.low = if self.numbers == 0 { number } else { self.low.min(number) };
            self.high = if self.numbers == 0 { number } else { self.high.max(number) };
            self.numbers += 1;
        }
        let is_full = self.values.len() >= VALUES;
        match self.values.get_mut(&field.text) {
            Some(count) => *count += 1,
            None if is_full => self.overflows = true,
            None => {
                self.values.insert(field.text, 1);
            }
        }
    }

    /// Makes the rule of the values, which are then forgotten.
    pub(super) fn settle(&mut self) {
        self.rule = self.made();
        self.values = HashMap::new();
    }

    pub(super) fn rule(&self) -> &Rule {
        &self.rule
    }

    fn made(&self) -> Rule {
        if self.count < ENOUGH {
            return Rule::Any;
        }
        let few = |number: usize, most: usize| number <= most && (number as u64) * 3 <= self.count;
        let (low, high) = (self.low, self.high);
        if self.numbers == self.count {
            let rarely = few(self.values.len(), FEW) && !self.overflows;
            return if rarely { Rule::Between { low, high } } else { Rule::Range { low, high } };
        }
        if few(self.values.len(), FEW) && !self.overflows {
            return Rule::Few(self.values.keys().cloned().collect());
        }
        let forms: BTreeSet<String> = self.values.keys().map(|value| masked(value).into_owned()).collect();
        let each = self.overflows || self.values.values().all(|count| *count <= 2);
        match (few(forms.len(), FORMS), each) {
            (true, true) => Rule::Each(forms),
            (true, false) => Rule::Form(forms),
            (false, true) => Rule::Each(BTreeSet::new()),
            (false, false) => Rule::Any,
        }
    }
}
