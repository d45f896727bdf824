//! Running a query over the events of its log groups.
//!
//! Rows start newest first, as AWS shows them without a `sort`.

use std::collections::HashSet;
use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::functions::Moment;
use super::record::{Record, Source};
use super::value::Value;
use super::{Column, Command, Expression, Matcher, Operator, Query, stats};
use crate::logs::{Group, LogEvent};

/// Rows of a result, unless the query or the call says otherwise.
const USUAL_LIMIT: usize = 10_000;

/// What a query runs over.
pub(crate) struct Scope {
    /// Epoch milliseconds, both inclusive.
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) now: i64,
    pub(crate) account: String,
    /// Of the call; a `limit` in the query wins.
    pub(crate) limit: Option<usize>,
}

/// A result as GetQueryResults answers it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Output {
    /// Rows of `(field, value)`.
    pub(crate) rows: Vec<Vec<(String, String)>>,
    pub(crate) records_matched: usize,
    pub(crate) records_scanned: usize,
    pub(crate) bytes_scanned: u64,
    pub(crate) groups_scanned: usize,
}

impl Query {
    /// The result over these groups.
    pub(crate) fn run(&self, groups: &[Group<'_>], scope: &Scope) -> Output {
        self.over(groups.iter().map(|group| (group.name.clone(), group.events(scope.from, scope.to))), scope)
    }

    /// The result over the events of groups, given by their names.
    pub(super) fn over(&self, groups: impl IntoIterator<Item = (String, Vec<LogEvent>)>, scope: &Scope) -> Output {
        let mut output = Output::default();
        let mut records = Vec::new();
        for (name, events) in groups {
            output.groups_scanned += 1;
            let log: Rc<str> = format!("{}:{name}", scope.account).into();
            for event in events {
                output.bytes_scanned += event.message.len() as u64;
                let ingestion_time = event.ingestion_time(scope.now);
                records.push(Record::of_event(Source::new(event, Rc::clone(&log), ingestion_time, records.len())));
            }
        }
        output.records_scanned = records.len();
        let timestamp = |record: &Record| record.source().map_or(0, |source| source.event.timestamp);
        records.reverse();
        records.sort_by_key(|record| std::cmp::Reverse(timestamp(record)));

        let mut matched = None;
        for command in &self.commands {
            if matches!(command, Command::Stats(_) | Command::Limit(_) | Command::Dedup(_)) {
                matched.get_or_insert(records.len());
            }
            records = apply(command, records, scope);
        }
        output.records_matched = matched.unwrap_or(records.len());
        if !self.commands.iter().any(|command| matches!(command, Command::Limit(_))) {
            records.truncate(scope.limit.unwrap_or(USUAL_LIMIT));
        }
        let names = self.shown();
        output.rows = records.iter().map(|record| row(record, &names)).collect();
        output
    }

    /// The columns of the result.
    fn shown(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        let mut displayed = false;
        for command in &self.commands {
            match command {
                Command::Display(columns) => {
                    names = columns.iter().map(|column| column.name.as_str()).collect();
                    displayed = true;
                }
                Command::Stats(stats) => {
                    names = stats.by.iter().chain(&stats.columns).map(|column| column.name.as_str()).collect();
                    displayed = false;
                }
                Command::Fields(columns) if !displayed => {
                    names.extend(columns.iter().map(|column| column.name.as_str()))
                }
                Command::Parse { names: parsed, .. } if !displayed => names.extend(parsed.iter().map(String::as_str)),
                _ => {}
            }
        }
        if names.is_empty() {
            names = vec!["@timestamp", "@message"];
        }
        let mut seen = HashSet::new();
        names.retain(|name| seen.insert(*name));
        names
    }
}

/// The fields that the record has, and the pointer to its event.
fn row(record: &Record, names: &[&str]) -> Vec<(String, String)> {
    let shown = names.iter().filter_map(|name| Some(((*name).to_owned(), record.field(name).text()?)));
    let pointer = record.source().map(|source| ("@ptr".to_owned(), pointer(source)));
    shown.chain(pointer).collect()
}

fn pointer(source: &Source) -> String {
    let LogEvent { timestamp, stream, .. } = &source.event;
    URL_SAFE_NO_PAD.encode(format!("{}\n{stream}\n{timestamp}\n{}", source.log, source.number))
}

fn apply(command: &Command, mut records: Vec<Record>, scope: &Scope) -> Vec<Record> {
    let evaluate =
        |record: &Record, expression: &Expression| Evaluation { record, scope, aggregates: &[] }.value(expression);
    match command {
        Command::Fields(columns) | Command::Display(columns) => {
            let computed: Vec<(Rc<str>, &Column)> = columns
                .iter()
                .filter(|column| !matches!(&column.expression, Expression::Field(field) if *field == column.name))
                .map(|column| (Rc::from(column.name.as_str()), column))
                .collect();
            for record in &mut records {
                for (name, column) in &computed {
                    // A column of `stats` that is written like a function call is there already.
                    if record.source().is_none() && !record.field(name).is_absent() {
                        continue;
                    }
                    let value = evaluate(record, &column.expression);
                    record.add(Rc::clone(name), value);
                }
            }
        }
        Command::Filter(condition) => records.retain(|record| evaluate(record, condition).truth()),
        Command::Parse { field, regex, names } => {
            let names: Vec<Rc<str>> = names.iter().map(|name| Rc::from(name.as_str())).collect();
            for record in &mut records {
                let Some(text) = evaluate(record, field).text() else { continue };
                let Some(captures) = regex.captures(&text) else { continue };
                for (name, capture) in names.iter().zip(captures.iter().skip(1)) {
                    if let Some(capture) = capture {
                        record.add(Rc::clone(name), Value::Text(capture.as_str().to_owned()));
                    }
                }
            }
        }
        Command::Stats(stats) => records = stats::aggregate(stats, &records, scope),
        Command::Sort(keys) => {
            let mut keyed: Vec<(Vec<Value>, Record)> = records
                .into_iter()
                .map(|record| (keys.iter().map(|(expression, _)| evaluate(&record, expression)).collect(), record))
                .collect();
            keyed.sort_by(|(one, _), (other, _)| order(keys, one, other));
            records = keyed.into_iter().map(|(_, record)| record).collect();
        }
        Command::Limit(limit) => records.truncate(*limit),
        Command::Dedup(fields) => {
            let mut seen: HashSet<Vec<Option<String>>> = HashSet::new();
            records.retain(|record| seen.insert(fields.iter().map(|field| evaluate(record, field).text()).collect()));
        }
    }
    records
}

fn order(keys: &[(Expression, bool)], one: &[Value], other: &[Value]) -> std::cmp::Ordering {
    one.iter()
        .zip(other)
        .zip(keys)
        .map(|((one, other), (_, descending))| match (one.is_absent(), other.is_absent()) {
            (false, false) if *descending => other.order(one),
            _ => one.order(other),
        })
        .find(|ordering| ordering.is_ne())
        .unwrap_or(std::cmp::Ordering::Equal)
}

/// An expression's value for one row.
pub(super) struct Evaluation<'a> {
    pub(super) record: &'a Record,
    pub(super) scope: &'a Scope,
    /// Results of `stats`, where the expression is one of its columns.
    pub(super) aggregates: &'a [Value],
}

impl Evaluation<'_> {
    /// The row's `@timestamp`, epoch milliseconds.
    pub(super) fn timestamp(&self) -> Option<i64> {
        match self.record.field("@timestamp") {
            Value::Time(at) => Some(at),
            _ => None,
        }
    }

    pub(super) fn value(&self, expression: &Expression) -> Value {
        match expression {
            Expression::Literal(value) => value.clone(),
            Expression::Field(name) => self.record.field(name),
            Expression::Aggregate(index) => self.aggregates.get(*index).cloned().unwrap_or(Value::Absent),
            Expression::Not(inner) => Value::Bool(!self.value(inner).truth()),
            Expression::Like(inner, matcher) => {
                Value::Bool(self.value(inner).text().is_some_and(|text| match matcher {
                    Matcher::Contains(part) => text.contains(part),
                    Matcher::Regex(regex) => regex.is_match(&text),
                }))
            }
            Expression::In(inner, options) => {
                let value = self.value(inner);
                let equal =
                    |option: &Expression| value.compare(&self.value(option)).is_some_and(|ordering| ordering.is_eq());
                Value::Bool(options.iter().any(equal))
            }
            Expression::Call(function, arguments) => {
                let arguments: Vec<Value> = arguments.iter().map(|argument| self.value(argument)).collect();
                function.call(&arguments, Moment { timestamp: self.timestamp(), now: self.scope.now })
            }
            Expression::Binary(operator, left, right) => self.binary(*operator, left, right),
        }
    }

    fn binary(&self, operator: Operator, left: &Expression, right: &Expression) -> Value {
        match operator {
            Operator::And => return Value::Bool(self.value(left).truth() && self.value(right).truth()),
            Operator::Or => return Value::Bool(self.value(left).truth() || self.value(right).truth()),
            _ => {}
        }
        let (left, right) = (self.value(left), self.value(right));
        let ordering = left.compare(&right);
        match operator {
            Operator::Equal => Value::Bool(ordering.is_some_and(|ordering| ordering.is_eq())),
            // What is absent differs from everything.
            Operator::NotEqual => Value::Bool(ordering.is_none_or(|ordering| ordering.is_ne())),
            Operator::Less => Value::Bool(ordering.is_some_and(|ordering| ordering.is_lt())),
            Operator::LessOrEqual => Value::Bool(ordering.is_some_and(|ordering| ordering.is_le())),
            Operator::Greater => Value::Bool(ordering.is_some_and(|ordering| ordering.is_gt())),
            Operator::GreaterOrEqual => Value::Bool(ordering.is_some_and(|ordering| ordering.is_ge())),
            _ => arithmetic(operator, left.number(), right.number()),
        }
    }
}

/// Absent where an operand is no number, or the result is none.
fn arithmetic(operator: Operator, left: Option<f64>, right: Option<f64>) -> Value {
    let (Some(left), Some(right)) = (left, right) else { return Value::Absent };
    let result = match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::Remainder => left % right,
        _ => left.powf(right),
    };
    if result.is_finite() { Value::Number(result) } else { Value::Absent }
}
