//! Metric math: the expressions of GetMetricData.
//!
//! Operators `+ - * / ^`, comparisons, `AND OR`, numbers, ids of other queries, arrays `[m1, m2]`, `METRICS("prefix")`, and
//! the functions of [`Function`]. `SEARCH`, Metrics Insights (`SELECT`) and anomaly detection are refused, as an error of
//! AWS's kind. Where two series meet, only instants that both have count.

mod evaluate;
mod parse;

pub(crate) use evaluate::{MathValue, Queries, TimeSeries, evaluate};

/// Why an expression is refused; AWS answers `ValidationError`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MathError {
    #[error("Error in expression '{id}' [{what}]")]
    In { id: String, what: String },
}

impl MathError {
    pub(crate) fn new(id: &str, what: impl Into<String>) -> Self {
        Self::In { id: id.to_owned(), what: what.into() }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    Number(f64),
    /// `"…"`.
    Text(String),
    Id(String),
    Array(Vec<Expression>),
    Call(Function, Vec<Expression>),
    Negative(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Abs,
    Avg,
    Ceil,
    Diff,
    Fill,
    Floor,
    If,
    Log,
    Log10,
    Max,
    MetricCount,
    Metrics,
    Min,
    Period,
    Rate,
    RunningSum,
    Stddev,
    Sum,
    TimeSeries,
}

/// Name (upper case in AWS's documents), function, fewest and most arguments.
const FUNCTIONS: [(&str, Function, usize, usize); 19] = [
    ("ABS", Function::Abs, 1, 1),
    ("AVG", Function::Avg, 1, 1),
    ("CEIL", Function::Ceil, 1, 1),
    ("DIFF", Function::Diff, 1, 1),
    ("FILL", Function::Fill, 2, 2),
    ("FLOOR", Function::Floor, 1, 1),
    ("IF", Function::If, 2, 3),
    ("LOG", Function::Log, 1, 1),
    ("LOG10", Function::Log10, 1, 1),
    ("MAX", Function::Max, 1, 1),
    ("METRIC_COUNT", Function::MetricCount, 1, 1),
    ("METRICS", Function::Metrics, 0, 1),
    ("MIN", Function::Min, 1, 1),
    ("PERIOD", Function::Period, 1, 1),
    ("RATE", Function::Rate, 1, 1),
    ("RUNNING_SUM", Function::RunningSum, 1, 1),
    ("STDDEV", Function::Stddev, 1, 1),
    ("SUM", Function::Sum, 1, 1),
    ("TIME_SERIES", Function::TimeSeries, 1, 1),
];
