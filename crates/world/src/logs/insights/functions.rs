//! Scalar functions. A wrong number of arguments is refused when the query is read; arguments of a wrong type give an
//! absent value.

use super::value::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Absolute,
    Bin,
    Ceiling,
    Coalesce,
    Concat,
    DateCeil,
    DateFloor,
    Floor,
    FromMillis,
    Greatest,
    IsBlank,
    IsEmpty,
    IsPresent,
    Least,
    Logarithm,
    Lower,
    Now,
    Replace,
    SquareRoot,
    StringContains,
    StringLength,
    Substring,
    ToMillis,
    Trim,
    TrimLeft,
    TrimRight,
    Upper,
}

/// Name in the language (any case), function, fewest and most arguments.
const FUNCTIONS: [(&str, Function, usize, usize); 29] = [
    ("abs", Function::Absolute, 1, 1),
    ("bin", Function::Bin, 1, 1),
    ("ceil", Function::Ceiling, 1, 1),
    ("coalesce", Function::Coalesce, 1, MANY),
    ("concat", Function::Concat, 1, MANY),
    ("dateceil", Function::DateCeil, 2, 2),
    ("datefloor", Function::DateFloor, 2, 2),
    ("floor", Function::Floor, 1, 1),
    ("frommillis", Function::FromMillis, 1, 1),
    ("greatest", Function::Greatest, 1, MANY),
    ("isblank", Function::IsBlank, 1, 1),
    ("isempty", Function::IsEmpty, 1, 1),
    ("ispresent", Function::IsPresent, 1, 1),
    ("least", Function::Least, 1, MANY),
    ("log", Function::Logarithm, 1, 1),
    ("ltrim", Function::TrimLeft, 1, 2),
    ("now", Function::Now, 0, 0),
    ("replace", Function::Replace, 3, 3),
    ("rtrim", Function::TrimRight, 1, 2),
    ("sqrt", Function::SquareRoot, 1, 1),
    ("strcontains", Function::StringContains, 2, 2),
    ("strlen", Function::StringLength, 1, 1),
    ("substr", Function::Substring, 2, 3),
    ("substring", Function::Substring, 2, 3),
    ("tolower", Function::Lower, 1, 1),
    ("tomillis", Function::ToMillis, 1, 1),
    ("toupper", Function::Upper, 1, 1),
    ("trim", Function::Trim, 1, 2),
    ("length", Function::StringLength, 1, 1),
];
const MANY: usize = 100;

/// What a function may know besides its arguments. Times are epoch milliseconds.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    /// The row's `@timestamp`, which `bin` rounds.
    pub(super) timestamp: Option<i64>,
    pub(super) now: i64,
}

impl Function {
    pub(super) fn by_name(name: &str) -> Option<Self> {
        FUNCTIONS.iter().find(|entry| entry.0.eq_ignore_ascii_case(name)).map(|entry| entry.1)
    }

    pub(super) fn takes(self, arguments: usize) -> bool {
        FUNCTIONS.iter().any(|(_, function, fewest, most)| *function == self && (*fewest..=*most).contains(&arguments))
    }

    pub(super) fn call(self, arguments: &[Value], moment: Moment) -> Value {
        let argument = |index: usize| arguments.get(index).unwrap_or(&Value::Absent);
        let first = argument(0);
        match self {
            Self::Coalesce => arguments.iter().find(|value| !value.is_absent()).cloned().unwrap_or(Value::Absent),
            Self::IsPresent => Value::Bool(!first.is_absent()),
            Self::IsEmpty => Value::Bool(first.text().is_none_or(|text| text.is_empty())),
            Self::IsBlank => Value::Bool(first.text().is_none_or(|text| text.trim().is_empty())),
            Self::Concat => Value::Text(arguments.iter().filter_map(Value::text).collect()),
            Self::Now => Value::Number((moment.now / 1000) as f64),
            Self::Bin => moment.timestamp.map_or(Value::Absent, |at| round_down(at, first)),
            Self::DateFloor => first.number().map_or(Value::Absent, |at| round_down(at as i64, argument(1))),
            Self::DateCeil => date_ceil(first, argument(1)),
            Self::FromMillis => first.number().map_or(Value::Absent, |at| Value::Time(at as i64)),
            Self::Greatest => extreme(arguments, f64::max),
            Self::Least => extreme(arguments, f64::min),
            Self::Absolute | Self::Ceiling | Self::Floor | Self::Logarithm | Self::SquareRoot | Self::ToMillis => first
                .number()
                .map(|number| self.of_number(number))
                .filter(|number| number.is_finite())
                .map_or(Value::Absent, Value::Number),
            _ => first.text().map_or(Value::Absent, |text| self.of_text(&text, argument(1), argument(2))),
        }
    }

    fn of_number(self, number: f64) -> f64 {
        match self {
            Self::Absolute => number.abs(),
            Self::Ceiling => number.ceil(),
            Self::Floor => number.floor(),
            Self::Logarithm => number.ln(),
            Self::SquareRoot => number.sqrt(),
            _ => number,
        }
    }

    fn of_text(self, text: &str, second: &Value, third: &Value) -> Value {
        let letters = second.text();
        let trimmed =
            |letter: char| letters.as_ref().map_or(letter.is_whitespace(), |letters| letters.contains(letter));
        Value::Text(match self {
            Self::Lower => text.to_lowercase(),
            Self::Upper => text.to_uppercase(),
            Self::Trim => text.trim_matches(trimmed).to_owned(),
            Self::TrimLeft => text.trim_start_matches(trimmed).to_owned(),
            Self::TrimRight => text.trim_end_matches(trimmed).to_owned(),
            Self::Replace => match (second.text(), third.text()) {
                (Some(from), Some(to)) if !from.is_empty() => text.replace(&from, &to),
                _ => text.to_owned(),
            },
            Self::Substring => {
                let skipped = second.number().unwrap_or(0.0).max(0.0) as usize;
                let taken = third.number().map_or(usize::MAX, |length| length.max(0.0) as usize);
                text.chars().skip(skipped).take(taken).collect()
            }
            Self::StringLength => return Value::Number(text.chars().count() as f64),
            Self::StringContains => return Value::Bool(letters.is_some_and(|part| text.contains(&part))),
            _ => return Value::Absent,
        })
    }
}

fn round_down(at: i64, period: &Value) -> Value {
    match period.number().map(|period| period as i64) {
        Some(period) if period > 0 => Value::Time(at.div_euclid(period).saturating_mul(period)),
        _ => Value::Absent,
    }
}

fn date_ceil(at: &Value, period: &Value) -> Value {
    let (Some(at), Some(period)) = (at.number(), period.number()) else { return Value::Absent };
    let (at, period) = (at as i64, period as i64);
    if period <= 0 {
        return Value::Absent;
    }
    let floor = at.div_euclid(period).saturating_mul(period);
    Value::Time(if floor == at { floor } else { floor.saturating_add(period) })
}

fn extreme(arguments: &[Value], choose: fn(f64, f64) -> f64) -> Value {
    arguments.iter().filter_map(Value::number).reduce(choose).map_or(Value::Absent, Value::Number)
}
