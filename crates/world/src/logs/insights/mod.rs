//! Logs Insights: the query language's subset that `docs/insights.md` describes.
//!
//! `lexer` and `parse` read a query into [`Query`]; `run` evaluates it over log events, with `record` discovering fields,
//! `functions` for scalar functions and `stats` for aggregation. Reading and running never panic; a query that AWS would
//! refuse, or that is beyond the subset, is a [`QueryError`] with its position.

mod functions;
mod lexer;
mod parse;
mod record;
mod run;
mod stats;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use run::{Output, Scope};

use regex::Regex;
use value::Value;

/// Why a query is refused; AWS answers `MalformedQueryException`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at line {line} and position {position}")]
pub(crate) struct QueryError {
    what: String,
    /// From 1.
    line: usize,
    /// Characters before it in the line.
    position: usize,
}

/// A query, ready to run.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    commands: Vec<Command>,
}

/// A column of the result: its name and what it holds.
#[derive(Clone, Debug)]
struct Column {
    name: String,
    expression: Expression,
}

#[derive(Clone, Debug)]
enum Command {
    Fields(Vec<Column>),
    Display(Vec<Column>),
    Filter(Expression),
    Parse {
        field: Expression,
        regex: Regex,
        names: Vec<String>,
    },
    Stats(Stats),
    /// Each with whether it is descending.
    Sort(Vec<(Expression, bool)>),
    Limit(usize),
    Dedup(Vec<Expression>),
}

#[derive(Clone, Debug)]
struct Stats {
    /// What the columns' [`Expression::Aggregate`] refer to.
    aggregates: Vec<Aggregate>,
    columns: Vec<Column>,
    by: Vec<Column>,
}

#[derive(Clone, Debug)]
struct Aggregate {
    function: AggregateFunction,
    /// None: `count(*)`.
    argument: Option<Expression>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum AggregateFunction {
    Count,
    CountDistinct,
    Min,
    Max,
    Average,
    Sum,
    /// In percent.
    Percentile(f64),
    StandardDeviation,
    Earliest,
    Latest,
    SortsFirst,
    SortsLast,
}

#[derive(Clone, Debug)]
enum Expression {
    Literal(Value),
    Field(String),
    Call(functions::Function, Vec<Expression>),
    /// Index into [`Stats::aggregates`].
    Aggregate(usize),
    Not(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
    Like(Box<Expression>, Matcher),
    In(Box<Expression>, Vec<Expression>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

#[derive(Clone, Debug)]
enum Matcher {
    Contains(String),
    Regex(Regex),
}
