//! The queries of one GetMetricData call, evaluated together.

use std::collections::HashMap;

use super::math::{Expression, MathError, MathValue, Queries, TimeSeries, evaluate};
use super::period::Windows;
use super::statistic::{Statistic, points};
use super::{MetricId, Metrics};

/// One query.
pub(crate) struct DataQuery {
    pub(crate) id: String,
    pub(crate) label: Option<String>,
    pub(crate) source: Source,
    pub(crate) return_data: bool,
}

pub(crate) enum Source {
    Statistic { metric: MetricId, unit: Option<String>, statistic: Statistic, windows: Windows },
    Expression(Expression),
}

/// So long may a chain of expressions be that refer to each other.
const LONGEST_CHAIN: usize = 30;

/// The series of all queries that return data, each with its query's id, in the order of the queries.
///
/// # Errors
/// When an expression refers to an unknown id or to itself, or its operands do not fit.
pub(crate) fn results(
    queries: &[DataQuery],
    metrics: &Metrics,
    whole: Windows,
) -> Result<Vec<(String, TimeSeries)>, MathError> {
    let by_id = queries.iter().map(|query| (query.id.as_str(), query)).collect();
    let mut call = Call { queries, by_id, metrics, whole, known: HashMap::new(), chain: Vec::new() };
    let mut results = Vec::new();
    for query in queries {
        let value = call.value(query)?;
        if !query.return_data {
            continue;
        }
        let mut series = match value {
            MathValue::Series(series) => vec![series],
            MathValue::Several(several) => several,
            MathValue::Scalar(_) | MathValue::Text(_) => {
                return Err(MathError::new(&query.id, "The expression does not return a time series"));
            }
        };
        if let (Some(label), [only]) = (&query.label, series.as_mut_slice()) {
            only.label.clone_from(label);
        }
        results.extend(series.into_iter().map(|series| (query.id.clone(), series)));
    }
    Ok(results)
}

struct Call<'a> {
    queries: &'a [DataQuery],
    by_id: HashMap<&'a str, &'a DataQuery>,
    metrics: &'a Metrics,
    whole: Windows,
    known: HashMap<&'a str, MathValue>,
    /// Expressions that are being evaluated.
    chain: Vec<&'a str>,
}

impl<'a> Call<'a> {
    fn value(&mut self, query: &'a DataQuery) -> Result<MathValue, MathError> {
        if let Some(value) = self.known.get(query.id.as_str()) {
            return Ok(value.clone());
        }
        let value = match &query.source {
            Source::Statistic { metric, unit, statistic, windows } => {
                let found = self.metrics.samples(metric, unit.as_deref(), windows.start, windows.samples_end());
                let points = points(&found.samples, windows, *statistic, self.metrics.now);
                let label = query.label.clone().unwrap_or_else(|| metric.name.clone());
                MathValue::Series(TimeSeries { label, points, windows: *windows })
            }
            Source::Expression(expression) => {
                if self.chain.contains(&query.id.as_str()) || self.chain.len() >= LONGEST_CHAIN {
                    return Err(MathError::new(
                        &query.id,
                        "The expression refers to itself, or the chain of expressions is too long",
                    ));
                }
                self.chain.push(&query.id);
                let value = evaluate(&query.id, expression, self);
                self.chain.pop();
                let mut value = value?;
                if let MathValue::Series(series) = &mut value {
                    series.label = query.label.clone().unwrap_or_else(|| query.id.clone());
                }
                value
            }
        };
        self.known.insert(&query.id, value.clone());
        Ok(value)
    }
}

impl Queries for Call<'_> {
    fn by_id(&mut self, id: &str) -> Result<MathValue, MathError> {
        let asking = self.chain.last().copied().unwrap_or_default();
        let query = *self.by_id.get(id).ok_or_else(|| MathError::new(asking, format!("Unknown id '{id}'")))?;
        self.value(query)
    }

    fn metrics(&mut self, part: &str) -> Result<Vec<TimeSeries>, MathError> {
        let wanted = self
            .queries
            .iter()
            .filter(|query| matches!(query.source, Source::Statistic { .. }) && query.id.contains(part));
        let mut series = Vec::new();
        for query in wanted {
            if let MathValue::Series(found) = self.value(query)? {
                series.push(found);
            }
        }
        Ok(series)
    }

    fn windows(&self) -> Windows {
        self.whole
    }
}
