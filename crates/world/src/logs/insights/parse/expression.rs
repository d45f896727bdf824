//! Reading an expression, by falling precedence, and the calls of functions and aggregates in it.

use super::Parser;
use crate::logs::insights::functions::Function;
use crate::logs::insights::lexer::Token;
use crate::logs::insights::value::Value;
use crate::logs::insights::{Aggregate, AggregateFunction, Expression, Matcher, Operator, QueryError};

/// So deep may parentheses and signs nest.
const DEEPEST: usize = 40;
/// So many operators may a query have: each nests the expression one level deeper on its left.
const MOST_OPERATORS: usize = 400;

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expression, QueryError> {
        if self.depth >= DEEPEST {
            let offset = self.lexer.offset();
            return Err(self.lexer.error_at(offset, "the expression nests too deep"));
        }
        self.depth += 1;
        let expression = self.disjunction();
        self.depth -= 1;
        expression
    }

    fn disjunction(&mut self) -> Result<Expression, QueryError> {
        let mut left = self.conjunction()?;
        while self.keyword("or")? {
            left = self.operation(Operator::Or, left, Self::conjunction)?;
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<Expression, QueryError> {
        let mut left = self.negation()?;
        while self.keyword("and")? {
            left = self.operation(Operator::And, left, Self::negation)?;
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Expression, QueryError> {
        let mut negated = false;
        while self.keyword("not")? {
            negated = !negated;
        }
        let inner = self.comparison()?;
        Ok(if negated { Expression::Not(Box::new(inner)) } else { inner })
    }

    fn comparison(&mut self) -> Result<Expression, QueryError> {
        let left = self.sum()?;
        if self.symbol("=~")? {
            return self.like(left);
        }
        for (symbol, operator) in [
            ("=", Operator::Equal),
            ("==", Operator::Equal),
            ("!=", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ] {
            if self.symbol(symbol)? {
                return Ok(binary(operator, left, self.sum()?));
            }
        }
        let negated = self.keyword("not")?;
        let test = if self.keyword("like")? {
            self.like(left)?
        } else if self.keyword("in")? {
            self.require("[")?;
            let options = self.list(Self::expression)?;
            self.require("]")?;
            Expression::In(Box::new(left), options)
        } else if negated {
            return Err(self.lexer.unexpected());
        } else {
            return Ok(left);
        };
        Ok(if negated { Expression::Not(Box::new(test)) } else { test })
    }

    fn like(&mut self, left: Expression) -> Result<Expression, QueryError> {
        let matcher = match self.lexer.regex() {
            Some(regex) => Matcher::Regex(regex?),
            None => match self.lexer.peek()? {
                Token::Text(text) => {
                    self.lexer.take()?;
                    Matcher::Contains(text)
                }
                _ => return Err(self.lexer.unexpected()),
            },
        };
        Ok(Expression::Like(Box::new(left), matcher))
    }

    fn sum(&mut self) -> Result<Expression, QueryError> {
        let mut left = self.product()?;
        loop {
            left = match self.lexer.peek()? {
                Token::Symbol("+") => self.symbol_operation(Operator::Add, left, Self::product)?,
                Token::Symbol("-") => self.symbol_operation(Operator::Subtract, left, Self::product)?,
                _ => return Ok(left),
            };
        }
    }

    fn product(&mut self) -> Result<Expression, QueryError> {
        let mut left = self.power()?;
        loop {
            left = match self.lexer.peek()? {
                Token::Symbol("*") => self.symbol_operation(Operator::Multiply, left, Self::power)?,
                Token::Symbol("/") => self.symbol_operation(Operator::Divide, left, Self::power)?,
                Token::Symbol("%") => self.symbol_operation(Operator::Remainder, left, Self::power)?,
                _ => return Ok(left),
            };
        }
    }

    fn power(&mut self) -> Result<Expression, QueryError> {
        let left = self.primary()?;
        match self.lexer.peek()? {
            Token::Symbol("^") => self.symbol_operation(Operator::Power, left, Self::primary),
            _ => Ok(left),
        }
    }

    fn symbol_operation(
        &mut self,
        operator: Operator,
        left: Expression,
        right: fn(&mut Self) -> Result<Expression, QueryError>,
    ) -> Result<Expression, QueryError> {
        self.lexer.take()?;
        self.operation(operator, left, right)
    }

    /// The right side of an operator that has been taken.
    fn operation(
        &mut self,
        operator: Operator,
        left: Expression,
        right: fn(&mut Self) -> Result<Expression, QueryError>,
    ) -> Result<Expression, QueryError> {
        self.operators += 1;
        if self.operators > MOST_OPERATORS {
            let offset = self.lexer.offset();
            return Err(self.lexer.error_at(offset, "too many operators"));
        }
        Ok(binary(operator, left, right(self)?))
    }

    fn primary(&mut self) -> Result<Expression, QueryError> {
        let start = self.lexer.offset();
        let literal = match self.lexer.peek()? {
            Token::Number(number) | Token::Span(number) => Value::Number(number),
            Token::Text(text) => Value::Text(text),
            Token::Quoted(name) => {
                self.lexer.take()?;
                return Ok(Expression::Field(name));
            }
            Token::Symbol("(") => {
                self.lexer.take()?;
                let inner = self.expression()?;
                self.require(")")?;
                return Ok(inner);
            }
            Token::Symbol("-") => {
                self.lexer.take()?;
                let zero = Expression::Literal(Value::Number(0.0));
                return self.expression_below(|parser| Ok(binary(Operator::Subtract, zero.clone(), parser.primary()?)));
            }
            Token::Word(name) => {
                self.lexer.take()?;
                if self.symbol("(")? {
                    return self.call(&name, start);
                }
                return Ok(Expression::Field(name));
            }
            _ => return Err(self.lexer.unexpected()),
        };
        self.lexer.take()?;
        Ok(Expression::Literal(literal))
    }

    fn expression_below(
        &mut self,
        inner: impl Fn(&mut Self) -> Result<Expression, QueryError>,
    ) -> Result<Expression, QueryError> {
        self.depth += 1;
        let offset = self.lexer.offset();
        let result = if self.depth > DEEPEST {
            Err(self.lexer.error_at(offset, "the expression nests too deep"))
        } else {
            inner(self)
        };
        self.depth -= 1;
        result
    }

    fn call(&mut self, name: &str, start: usize) -> Result<Expression, QueryError> {
        if let Some(function) = Function::by_name(name) {
            let arguments = if self.symbol(")")? {
                Vec::new()
            } else {
                let arguments = self.list(Self::expression)?;
                self.require(")")?;
                arguments
            };
            return match function.takes(arguments.len()) {
                true => Ok(Expression::Call(function, arguments)),
                false => Err(self.lexer.error_at(start, format!("wrong number of arguments for function {name}"))),
            };
        }
        let Some(aggregates) = self.aggregates.take() else {
            // `sort count(*)` names a column of `stats`.
            return self.column_reference(name, start);
        };
        let aggregate = self.aggregate(name, start);
        let mut aggregates = aggregates;
        aggregates.push(aggregate?);
        let index = aggregates.len() - 1;
        self.aggregates = Some(aggregates);
        Ok(Expression::Aggregate(index))
    }

    fn column_reference(&mut self, name: &str, start: usize) -> Result<Expression, QueryError> {
        self.aggregate(name, start)?;
        Ok(Expression::Field(self.lexer.written(start, self.lexer.end_offset()).to_owned()))
    }

    /// What stands after `name(`.
    fn aggregate(&mut self, name: &str, start: usize) -> Result<Aggregate, QueryError> {
        let function = match name.to_ascii_lowercase().as_str() {
            "count" => AggregateFunction::Count,
            "count_distinct" => AggregateFunction::CountDistinct,
            "min" => AggregateFunction::Min,
            "max" => AggregateFunction::Max,
            "avg" => AggregateFunction::Average,
            "sum" => AggregateFunction::Sum,
            "median" => AggregateFunction::Percentile(50.0),
            "pct" | "percentile" => AggregateFunction::Percentile(f64::NAN),
            "stddev" => AggregateFunction::StandardDeviation,
            "earliest" => AggregateFunction::Earliest,
            "latest" => AggregateFunction::Latest,
            "sortsfirst" => AggregateFunction::SortsFirst,
            "sortslast" => AggregateFunction::SortsLast,
            _ => return Err(self.lexer.error_at(start, format!("unknown function {name}"))),
        };
        let everything = self.symbol("*")? || self.lexer.peek()? == Token::Symbol(")");
        if everything && function != AggregateFunction::Count {
            return Err(self.lexer.unexpected());
        }
        let argument = if everything { None } else { Some(self.expression()?) };
        let function = match function {
            AggregateFunction::Percentile(percent) if percent.is_nan() => {
                self.require(",")?;
                match self.lexer.take()? {
                    Token::Number(percent) if (0.0..=100.0).contains(&percent) => {
                        AggregateFunction::Percentile(percent)
                    }
                    _ => return Err(self.lexer.error_at(start, "a percentile is a number from 0 to 100")),
                }
            }
            other => other,
        };
        self.require(")")?;
        Ok(Aggregate { function, argument })
    }
}

fn binary(operator: Operator, left: Expression, right: Expression) -> Expression {
    Expression::Binary(operator, Box::new(left), Box::new(right))
}
