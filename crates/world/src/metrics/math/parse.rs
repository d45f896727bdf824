//! Reading an expression, by falling precedence: `OR`, `AND`, comparisons, sums, products, powers.

use super::{Expression, FUNCTIONS, MathError, Operator};

/// So deep may an expression nest; AWS limits its length to 2,048 characters.
const DEEPEST: usize = 40;
/// So many operators may it have.
const MOST_OPERATORS: usize = 200;

impl Expression {
    /// Reads the expression of the query `id`.
    ///
    /// # Errors
    /// Where AWS answers `ValidationError`.
    pub(crate) fn parse(id: &str, text: &str) -> Result<Self, MathError> {
        let mut parser = Parser { id, rest: text, depth: 0, operators: 0 };
        let expression = parser.level(0)?;
        parser.skip_space();
        if parser.rest.is_empty() { Ok(expression) } else { Err(parser.unexpected()) }
    }
}

/// Operators from the loosest level to the closest.
const LEVELS: [&[(&str, Operator)]; 6] = [
    &[("||", Operator::Or), ("OR ", Operator::Or)],
    &[("&&", Operator::And), ("AND ", Operator::And)],
    &[
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("/", Operator::Divide)],
    &[("^", Operator::Power)],
];

struct Parser<'a> {
    id: &'a str,
    rest: &'a str,
    depth: usize,
    operators: usize,
}

impl<'a> Parser<'a> {
    fn error(&self, what: impl Into<String>) -> MathError {
        MathError::new(self.id, what)
    }

    fn unexpected(&self) -> MathError {
        let shown: String = self.rest.trim_start().chars().take(20).collect();
        if shown.is_empty() {
            self.error("Unexpected end of expression")
        } else {
            self.error(format!("Unexpected token at '{shown}'"))
        }
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip_space();
        let taken = self.rest.strip_prefix(token);
        self.rest = taken.unwrap_or(self.rest);
        taken.is_some()
    }

    fn while_in(&mut self, accepted: impl Fn(char) -> bool) -> &'a str {
        let (taken, rest) = self.rest.split_at(self.rest.find(|letter| !accepted(letter)).unwrap_or(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn level(&mut self, level: usize) -> Result<Expression, MathError> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.level(level + 1)?;
        while let Some((_, operator)) = operators.iter().find(|(token, _)| self.take(token)) {
            self.operators += 1;
            if self.operators > MOST_OPERATORS {
                return Err(self.error("Too many operators"));
            }
            left = Expression::Binary(*operator, Box::new(left), Box::new(self.level(level + 1)?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, MathError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error("The expression nests too deep"));
        }
        let expression = if self.take("-") {
            self.unary().map(|inner| Expression::Negative(Box::new(inner)))
        } else {
            self.primary()
        };
        self.depth -= 1;
        expression
    }

    fn primary(&mut self) -> Result<Expression, MathError> {
        if self.take("(") {
            let inner = self.level(0)?;
            return if self.take(")") { Ok(inner) } else { Err(self.unexpected()) };
        }
        if self.take("[") {
            return self.list("]").map(Expression::Array);
        }
        for mark in ["\"", "'"] {
            if self.take(mark) {
                let text = self.while_in(|letter| !mark.contains(letter)).to_owned();
                return if self.take(mark) { Ok(Expression::Text(text)) } else { Err(self.unexpected()) };
            }
        }
        self.skip_space();
        if self.rest.starts_with(|letter: char| letter.is_ascii_digit() || letter == '.') {
            let digits = self.while_in(|letter| letter.is_ascii_digit() || letter == '.');
            return digits
                .parse()
                .map(Expression::Number)
                .map_err(|_| self.error(format!("'{digits}' is not a number")));
        }
        let word = self.while_in(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if word.is_empty() {
            return Err(self.unexpected());
        }
        self.word(word)
    }

    fn word(&mut self, word: &str) -> Result<Expression, MathError> {
        let upper = word.to_ascii_uppercase();
        match upper.as_str() {
            "SEARCH" => {
                return Err(self.error(
                    "SEARCH expressions are not played in this world: list the metrics with ListMetrics and name them",
                ));
            }
            "SELECT" => {
                return Err(self.error("Metrics Insights queries are not played in this world: name the metrics"));
            }
            "ANOMALY_DETECTION_BAND" => return Err(self.error("Anomaly detection is not played in this world")),
            _ => {}
        }
        if !self.take("(") {
            return Ok(Expression::Id(word.to_owned()));
        }
        let (_, function, fewest, most) = FUNCTIONS
            .iter()
            .find(|(name, ..)| *name == upper)
            .ok_or_else(|| self.error(format!("Unsupported function '{word}'")))?;
        let arguments = self.list(")")?;
        if !(*fewest..=*most).contains(&arguments.len()) {
            return Err(self.error(format!("Function '{upper}' does not take {} arguments", arguments.len())));
        }
        Ok(Expression::Call(*function, arguments))
    }

    fn list(&mut self, close: &str) -> Result<Vec<Expression>, MathError> {
        let mut items = Vec::new();
        if self.take(close) {
            return Ok(items);
        }
        loop {
            items.push(self.level(0)?);
            if self.take(close) {
                return Ok(items);
            }
            if !self.take(",") {
                return Err(self.unexpected());
            }
        }
    }
}
