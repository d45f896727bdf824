//! An amount with its unit, as programs log it: `17`, `1180ms`, `31.2s`, Go's `1m2.5s`, `512 MiB`.

use std::fmt;

use super::super::line::Field;

/// The unit that times are read in.
pub(super) const MILLISECONDS: &str = "ms";

/// An amount. Times are in [`MILLISECONDS`], sizes in bytes; a bare number has no unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measure {
    pub amount: f64,
    pub unit: &'static str,
}

/// Units, with what makes milliseconds or bytes of them.
const UNITS: [(&str, f64, &str); 18] = [
    ("ns", 1e-6, MILLISECONDS),
    ("us", 1e-3, MILLISECONDS),
    ("µs", 1e-3, MILLISECONDS),
    ("μs", 1e-3, MILLISECONDS),
    ("ms", 1.0, MILLISECONDS),
    ("s", 1e3, MILLISECONDS),
    ("sec", 1e3, MILLISECONDS),
    ("m", 6e4, MILLISECONDS),
    ("min", 6e4, MILLISECONDS),
    ("h", 3.6e6, MILLISECONDS),
    ("B", 1.0, "B"),
    ("kB", 1e3, "B"),
    ("KB", 1024.0, "B"),
    ("KiB", 1024.0, "B"),
    ("MB", 1_048_576.0, "B"),
    ("MiB", 1_048_576.0, "B"),
    ("GB", 1_073_741_824.0, "B"),
    ("GiB", 1_073_741_824.0, "B"),
];

impl Measure {
    /// The amount that a field holds.
    pub(super) fn of(field: &Field) -> Option<Self> {
        if let Some(amount) = field.number {
            return Some(Self { amount, unit: "" });
        }
        if field.text.len() > 24 || !field.text.starts_with(|first: char| first.is_ascii_digit()) {
            return None;
        }
        let (mut rest, mut sum, mut unit) = (field.text.as_str(), 0.0, None);
        while !rest.is_empty() {
            let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
            let (number, after) = rest.split_at(digits);
            let after = after.trim_start();
            let end = after.find(|letter: char| letter.is_ascii_digit()).unwrap_or(after.len());
            let (word, next) = after.split_at(end);
            let (_, factor, sort) = UNITS.iter().find(|(name, ..)| *name == word.trim_end())?;
            if unit.is_some_and(|known| known != *sort) {
                return None;
            }
            sum += number.parse::<f64>().ok()? * factor;
            (unit, rest) = (Some(*sort), next);
        }
        Some(Self { amount: sum, unit: unit? })
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (amount, unit) = match (self.unit, self.amount) {
            (MILLISECONDS, amount) if amount >= 10_000.0 => (amount / 1_000.0, " s"),
            (MILLISECONDS, amount) => (amount, " ms"),
            ("B", amount) if amount >= 10.0 * 1_048_576.0 => (amount / 1_048_576.0, " MiB"),
            ("B", amount) => (amount, " B"),
            (_, amount) => (amount, ""),
        };
        // A whole number as it is: it stands so in the line. Of others as many places as tell something.
        match amount.fract() == 0.0 || amount.abs() >= 1_000.0 {
            true => write!(out, "{}{unit}", amount.round()),
            false => write!(out, "{}{unit}", (amount * 100.0).round() / 100.0),
        }
    }
}
