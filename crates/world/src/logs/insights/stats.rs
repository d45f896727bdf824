//! Aggregation: rows into groups, groups into rows.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::record::Record;
use super::run::{Evaluation, Scope};
use super::value::Value;
use super::{Aggregate, AggregateFunction, Stats};

/// What one aggregate remembers of a group.
#[derive(Default)]
struct Tally {
    count: usize,
    numbers: Vec<f64>,
    distinct: BTreeSet<String>,
    least: Option<Value>,
    greatest: Option<Value>,
    /// With the `@timestamp` of their events.
    earliest: Option<(i64, Value)>,
    latest: Option<(i64, Value)>,
}

/// One row a group, in the order in which the groups appear.
pub(super) fn aggregate(stats: &Stats, records: &[Record], scope: &Scope) -> Vec<Record> {
    let mut positions: HashMap<Vec<Option<String>>, usize> = HashMap::new();
    let mut groups: Vec<(Vec<Value>, Vec<Tally>)> = Vec::new();
    for record in records {
        let evaluation = Evaluation { record, scope, aggregates: &[] };
        let values: Vec<Value> = stats.by.iter().map(|column| evaluation.value(&column.expression)).collect();
        let key = values.iter().map(Value::text).collect();
        let position = *positions.entry(key).or_insert_with(|| {
            groups.push((values, new_tallies(stats)));
            groups.len() - 1
        });
        let Some((_, tallies)) = groups.get_mut(position) else { continue };
        for (tally, aggregate) in tallies.iter_mut().zip(&stats.aggregates) {
            tally.add(aggregate, &evaluation);
        }
    }
    if stats.by.is_empty() && groups.is_empty() {
        groups.push((Vec::new(), new_tallies(stats)));
    }
    groups.into_iter().map(|(values, tallies)| row(stats, values, tallies, scope)).collect()
}

fn new_tallies(stats: &Stats) -> Vec<Tally> {
    stats.aggregates.iter().map(|_| Tally::default()).collect()
}

fn row(stats: &Stats, values: Vec<Value>, tallies: Vec<Tally>, scope: &Scope) -> Record {
    let results: Vec<Value> =
        tallies.into_iter().zip(&stats.aggregates).map(|(tally, aggregate)| tally.result(aggregate.function)).collect();
    let mut row = Record::of_fields(Vec::new());
    for (column, value) in stats.by.iter().zip(values) {
        row.add(Rc::from(column.name.as_str()), value);
    }
    for column in &stats.columns {
        let value = Evaluation { record: &row, scope, aggregates: &results }.value(&column.expression);
        row.add(Rc::from(column.name.as_str()), value);
    }
    row
}

impl Tally {
    fn add(&mut self, aggregate: &Aggregate, evaluation: &Evaluation<'_>) {
        let Some(argument) = &aggregate.argument else {
            self.count += 1;
            return;
        };
        let value = evaluation.value(argument);
        if value.is_absent() {
            return;
        }
        self.count += 1;
        match aggregate.function {
            AggregateFunction::Count => {}
            AggregateFunction::CountDistinct => self.distinct.extend(value.text()),
            AggregateFunction::Earliest | AggregateFunction::Latest => {
                let at = evaluation.timestamp().unwrap_or(0);
                if self.earliest.as_ref().is_none_or(|(earliest, _)| at < *earliest) {
                    self.earliest = Some((at, value.clone()));
                }
                if self.latest.as_ref().is_none_or(|(latest, _)| at >= *latest) {
                    self.latest = Some((at, value));
                }
            }
            AggregateFunction::SortsFirst | AggregateFunction::SortsLast => {
                if self.least.as_ref().is_none_or(|least| value.order(least).is_lt()) {
                    self.least = Some(value.clone());
                }
                if self.greatest.as_ref().is_none_or(|greatest| value.order(greatest).is_gt()) {
                    self.greatest = Some(value);
                }
            }
            _ => self.numbers.extend(value.number()),
        }
    }

    fn result(mut self, function: AggregateFunction) -> Value {
        let number = |number: Option<f64>| number.map_or(Value::Absent, Value::Number);
        let count = self.numbers.len() as f64;
        let sum: f64 = self.numbers.iter().sum();
        match function {
            AggregateFunction::Count => Value::Number(self.count as f64),
            AggregateFunction::CountDistinct => Value::Number(self.distinct.len() as f64),
            AggregateFunction::Min => number(self.numbers.iter().copied().reduce(f64::min)),
            AggregateFunction::Max => number(self.numbers.iter().copied().reduce(f64::max)),
            AggregateFunction::Sum => number((count > 0.0).then_some(sum)),
            AggregateFunction::Average => number((count > 0.0).then(|| sum / count)),
            AggregateFunction::StandardDeviation => number((count > 0.0).then(|| {
                let mean = sum / count;
                (self.numbers.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count).sqrt()
            })),
            AggregateFunction::Percentile(percent) => {
                self.numbers.sort_by(f64::total_cmp);
                number(percentile(&self.numbers, percent))
            }
            AggregateFunction::Earliest => self.earliest.map_or(Value::Absent, |(_, value)| value),
            AggregateFunction::Latest => self.latest.map_or(Value::Absent, |(_, value)| value),
            AggregateFunction::SortsFirst => self.least.unwrap_or(Value::Absent),
            AggregateFunction::SortsLast => self.greatest.unwrap_or(Value::Absent),
        }
    }
}

/// Nearest rank of sorted numbers.
fn percentile(sorted: &[f64], percent: f64) -> Option<f64> {
    let rank = (percent / 100.0 * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted.get(rank.min(sorted.len()).checked_sub(1)?).copied()
}
