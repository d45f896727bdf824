//! Evaluating an expression over the values of other queries.

use std::collections::BTreeSet;

use super::{Expression, Function, MathError, Operator};
use crate::metrics::period::Windows;
use crate::metrics::statistic::Points;

/// Points, and the windows that they could have.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TimeSeries {
    pub(crate) label: String,
    pub(crate) points: Points,
    pub(crate) windows: Windows,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum MathValue {
    Scalar(f64),
    Series(TimeSeries),
    Several(Vec<TimeSeries>),
    /// Only as the argument of a function.
    Text(String),
}

/// Windows that FILL and TIME_SERIES may fill.
const MOST_FILLED: i64 = 100_800;

/// What an expression refers to.
pub(crate) trait Queries {
    /// The value of the query with this id.
    fn by_id(&mut self, id: &str) -> Result<MathValue, MathError>;
    /// The series of all metric queries whose id holds `part`.
    fn metrics(&mut self, part: &str) -> Result<Vec<TimeSeries>, MathError>;
    /// The windows of the call, for a series made of a number.
    fn windows(&self) -> Windows;
}

/// The value of `expression`, which belongs to the query `id`.
///
/// # Errors
/// For an unknown id, or operands of a kind that the operator or function does not take.
pub(crate) fn evaluate(id: &str, expression: &Expression, queries: &mut dyn Queries) -> Result<MathValue, MathError> {
    match expression {
        Expression::Number(number) => Ok(MathValue::Scalar(*number)),
        Expression::Text(text) => Ok(MathValue::Text(text.clone())),
        Expression::Id(other) => queries.by_id(other),
        Expression::Negative(inner) => map(id, evaluate(id, inner, queries)?, |value| -value),
        Expression::Array(items) => {
            let mut several = Vec::new();
            for item in items {
                several.extend(all_series(id, evaluate(id, item, queries)?)?);
            }
            Ok(MathValue::Several(several))
        }
        Expression::Binary(operator, left, right) => {
            let (left, right) = (evaluate(id, left, queries)?, evaluate(id, right, queries)?);
            binary(id, *operator, left, right)
        }
        Expression::Call(Function::Metrics, arguments) => match arguments.first() {
            None => queries.metrics("").map(MathValue::Several),
            Some(Expression::Text(part)) => queries.metrics(part).map(MathValue::Several),
            Some(_) => Err(MathError::new(id, "METRICS takes a text in quotation marks")),
        },
        Expression::Call(Function::Fill, arguments) => fill(id, arguments, queries),
        Expression::Call(function, arguments) => {
            let windows = queries.windows();
            let values =
                arguments.iter().map(|argument| evaluate(id, argument, queries)).collect::<Result<Vec<_>, _>>()?;
            call(id, *function, values, windows)
        }
    }
}

fn call(id: &str, function: Function, values: Vec<MathValue>, windows: Windows) -> Result<MathValue, MathError> {
    let mut values = values.into_iter();
    let first = values.next().unwrap_or(MathValue::Several(Vec::new()));
    match function {
        Function::Abs => map(id, first, f64::abs),
        Function::Ceil => map(id, first, f64::ceil),
        Function::Floor => map(id, first, f64::floor),
        Function::Log => map(id, first, f64::ln),
        Function::Log10 => map(id, first, f64::log10),
        Function::Sum => reduce(id, first, |values| values.iter().sum()),
        Function::Avg => reduce(id, first, mean),
        Function::Min => reduce(id, first, |values| values.iter().copied().fold(f64::INFINITY, f64::min)),
        Function::Max => reduce(id, first, |values| values.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
        Function::Stddev => reduce(id, first, |values| {
            let mean = mean(values);
            (values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / values.len() as f64).sqrt()
        }),
        Function::MetricCount => Ok(MathValue::Scalar(all_series(id, first)?.len() as f64)),
        Function::Period => match first {
            MathValue::Series(series) => Ok(MathValue::Scalar(series.windows.period as f64 / 1000.0)),
            _ => Err(MathError::new(id, "PERIOD takes a metric")),
        },
        Function::Diff => neighbours(id, first, |before, after, _| after - before),
        Function::Rate => neighbours(id, first, |before, after, ms| (after - before) * 1000.0 / ms),
        Function::RunningSum => each(id, first, |series| {
            let mut sum = 0.0;
            series.points.values_mut().for_each(|value| {
                sum += *value;
                *value = sum;
            });
        }),
        Function::TimeSeries => match first {
            MathValue::Scalar(number) => Ok(MathValue::Series(TimeSeries {
                label: id.to_owned(),
                points: all_windows(id, &windows)?.map(|at| (at, number)).collect(),
                windows,
            })),
            _ => Err(MathError::new(id, "TIME_SERIES takes a number")),
        },
        Function::If => {
            let then = values.next().unwrap_or(MathValue::Scalar(0.0));
            choose(id, first, then, values.next())
        }
        Function::Metrics | Function::Fill => Err(MathError::new(id, "Unsupported operand")),
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn unsupported(id: &str) -> MathError {
    MathError::new(id, "Unsupported operand type(s)")
}

fn all_series(id: &str, value: MathValue) -> Result<Vec<TimeSeries>, MathError> {
    match value {
        MathValue::Series(series) => Ok(vec![series]),
        MathValue::Several(several) => Ok(several),
        MathValue::Scalar(_) | MathValue::Text(_) => Err(unsupported(id)),
    }
}

fn each(id: &str, value: MathValue, mut change: impl FnMut(&mut TimeSeries)) -> Result<MathValue, MathError> {
    match value {
        MathValue::Series(mut series) => {
            change(&mut series);
            Ok(MathValue::Series(series))
        }
        MathValue::Several(mut several) => {
            several.iter_mut().for_each(change);
            Ok(MathValue::Several(several))
        }
        MathValue::Scalar(_) | MathValue::Text(_) => Err(unsupported(id)),
    }
}

/// Every value changed; results that are no numbers are left out.
fn map(id: &str, value: MathValue, change: impl Fn(f64) -> f64) -> Result<MathValue, MathError> {
    match value {
        MathValue::Scalar(number) => Ok(MathValue::Scalar(change(number))),
        other => each(id, other, |series| {
            series.points = series
                .points
                .iter()
                .map(|(at, value)| (*at, change(*value)))
                .filter(|(_, value)| value.is_finite())
                .collect();
        }),
    }
}

/// A series becomes a number; several series become one, instant by instant.
fn reduce(id: &str, value: MathValue, reduction: impl Fn(&[f64]) -> f64) -> Result<MathValue, MathError> {
    match value {
        MathValue::Series(series) if series.points.is_empty() => Ok(MathValue::Scalar(f64::NAN)),
        MathValue::Series(series) => Ok(MathValue::Scalar(reduction(&series.points.into_values().collect::<Vec<_>>()))),
        MathValue::Several(several) => {
            let instants: BTreeSet<i64> = several.iter().flat_map(|series| series.points.keys().copied()).collect();
            let at = |at: i64| several.iter().filter_map(|series| series.points.get(&at).copied()).collect::<Vec<_>>();
            let windows = several
                .first()
                .map(|series| series.windows)
                .ok_or_else(|| MathError::new(id, "There is no metric to reduce"))?;
            let points = instants.into_iter().map(|instant| (instant, reduction(&at(instant)))).collect();
            Ok(MathValue::Series(TimeSeries { label: id.to_owned(), points, windows }))
        }
        MathValue::Scalar(_) | MathValue::Text(_) => Err(unsupported(id)),
    }
}

/// Each point against the one before it, with the milliseconds between them; the first has none.
fn neighbours(id: &str, value: MathValue, change: impl Fn(f64, f64, f64) -> f64) -> Result<MathValue, MathError> {
    each(id, value, |series| {
        let pairs = series.points.iter().zip(series.points.iter().skip(1));
        series.points = pairs
            .map(|((before, one), (after, other))| (*after, change(*one, *other, (after - before) as f64)))
            .collect();
    })
}

fn binary(id: &str, operator: Operator, left: MathValue, right: MathValue) -> Result<MathValue, MathError> {
    match (left, right) {
        (MathValue::Scalar(left), MathValue::Scalar(right)) => Ok(MathValue::Scalar(operator.apply(left, right))),
        (left, MathValue::Scalar(right)) => map(id, left, |left| operator.apply(left, right)),
        (MathValue::Scalar(left), right) => map(id, right, |right| operator.apply(left, right)),
        (left, MathValue::Series(right)) => each(id, left, |left| combine(operator, left, &right.points, false)),
        (MathValue::Series(left), right) => each(id, right, |right| combine(operator, right, &left.points, true)),
        _ => Err(unsupported(id)),
    }
}

/// Only instants that both have; `swapped`: `other` is the left operand.
fn combine(operator: Operator, series: &mut TimeSeries, other: &Points, swapped: bool) {
    let paired = series.points.iter().filter_map(|(at, value)| {
        let other = *other.get(at)?;
        let result = if swapped { operator.apply(other, *value) } else { operator.apply(*value, other) };
        result.is_finite().then_some((*at, result))
    });
    series.points = paired.collect();
}

impl Operator {
    fn apply(self, left: f64, right: f64) -> f64 {
        let truth = |holds: bool| f64::from(u8::from(holds));
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
            Self::Power => left.powf(right),
            Self::Equal => truth(left == right),
            Self::NotEqual => truth(left != right),
            Self::Less => truth(left < right),
            Self::LessOrEqual => truth(left <= right),
            Self::Greater => truth(left > right),
            Self::GreaterOrEqual => truth(left >= right),
            Self::And => truth(left != 0.0 && right != 0.0),
            Self::Or => truth(left != 0.0 || right != 0.0),
        }
    }
}

/// `IF(condition, then[, otherwise])`, instant by instant; without `otherwise` the point is missing.
fn choose(
    id: &str,
    condition: MathValue,
    then: MathValue,
    otherwise: Option<MathValue>,
) -> Result<MathValue, MathError> {
    let condition = match condition {
        MathValue::Scalar(number) if number != 0.0 => return Ok(then),
        MathValue::Scalar(_) => return otherwise.ok_or_else(|| unsupported(id)),
        MathValue::Series(series) => series,
        _ => return Err(unsupported(id)),
    };
    let value_at = |value: &MathValue, at: i64| match value {
        MathValue::Scalar(number) => Ok(Some(*number)),
        MathValue::Series(series) => Ok(series.points.get(&at).copied()),
        _ => Err(unsupported(id)),
    };
    let mut points = Points::new();
    for (at, holds) in &condition.points {
        let chosen = if *holds != 0.0 {
            value_at(&then, *at)?
        } else {
            otherwise.as_ref().map_or(Ok(None), |value| value_at(value, *at))?
        };
        points.extend(chosen.map(|value| (*at, value)));
    }
    Ok(MathValue::Series(TimeSeries { label: id.to_owned(), points, windows: condition.windows }))
}

/// `FILL(metric, number | series | REPEAT | LINEAR)`.
fn fill(id: &str, arguments: &[Expression], queries: &mut dyn Queries) -> Result<MathValue, MathError> {
    let (Some(filled), Some(with)) = (arguments.first(), arguments.get(1)) else {
        return Err(unsupported(id));
    };
    let filled = evaluate(id, filled, queries)?;
    let mode = match with {
        Expression::Id(word) if word.eq_ignore_ascii_case("REPEAT") => Filling::Repeat,
        Expression::Id(word) if word.eq_ignore_ascii_case("LINEAR") => Filling::Linear,
        other => Filling::With(evaluate(id, other, queries)?),
    };
    let mut failure = None;
    let value = each(id, filled, |series| match filled_points(id, series, &mode) {
        Ok(points) => series.points = points,
        Err(error) => failure = Some(error),
    })?;
    failure.map_or(Ok(value), Err)
}

enum Filling {
    Repeat,
    Linear,
    With(MathValue),
}

fn filled_points(id: &str, series: &TimeSeries, mode: &Filling) -> Result<Points, MathError> {
    let mut points = series.points.clone();
    let before = |at: i64| series.points.range(..at).next_back();
    let after = |at: i64| series.points.range(at..).next();
    for at in all_windows(id, &series.windows)? {
        if points.contains_key(&at) {
            continue;
        }
        let value = match mode {
            Filling::With(MathValue::Scalar(number)) => Some(*number),
            Filling::With(MathValue::Series(other)) => other.points.get(&at).copied(),
            Filling::With(_) => return Err(unsupported(id)),
            Filling::Repeat => before(at).map(|(_, value)| *value),
            Filling::Linear => before(at).zip(after(at)).map(|((from, first), (to, second))| {
                first + (second - first) * (at - from) as f64 / (to - from) as f64
            }),
        };
        points.extend(value.map(|value| (at, value)));
    }
    Ok(points)
}

fn all_windows(id: &str, windows: &Windows) -> Result<impl Iterator<Item = i64> + use<>, MathError> {
    let Windows { start, period, .. } = *windows;
    let count = windows.count();
    if count > MOST_FILLED {
        return Err(MathError::new(id, format!("More than {MOST_FILLED} data points to fill")));
    }
    Ok((0..count).map(move |index| start + index * period))
}
