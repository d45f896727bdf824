//! Reading a query: commands first, then expressions by falling precedence.

use super::functions::Function;
use super::lexer::{Lexer, Token};
use super::value::Value;
use super::{Aggregate, AggregateFunction, Column, Command, Expression, Matcher, Operator, Query, QueryError, Stats};

/// So deep may parentheses and signs nest.
const DEEPEST: usize = 40;
/// So many operators may a query have: each nests the expression one level deeper on its left.
const MOST_OPERATORS: usize = 400;

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// Where AWS answers `MalformedQueryException`; the error's text is the message.
    pub(crate) fn parse(text: &str) -> Result<Self, QueryError> {
        let mut parser = Parser { lexer: Lexer::new(text), aggregates: None, depth: 0, operators: 0 };
        let mut commands = vec![parser.command()?];
        while parser.symbol("|")? {
            commands.push(parser.command()?);
        }
        match parser.lexer.peek()? {
            Token::End => Ok(Self { commands }),
            _ => Err(parser.lexer.unexpected()),
        }
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// Inside `stats`: the aggregates found so far.
    aggregates: Option<Vec<Aggregate>>,
    depth: usize,
    operators: usize,
}

impl Parser<'_> {
    fn symbol(&mut self, symbol: &'static str) -> Result<bool, QueryError> {
        let found = self.lexer.peek()? == Token::Symbol(symbol);
        if found {
            self.lexer.take()?;
        }
        Ok(found)
    }

    fn require(&mut self, symbol: &'static str) -> Result<(), QueryError> {
        if self.symbol(symbol)? { Ok(()) } else { Err(self.lexer.unexpected()) }
    }

    fn keyword(&mut self, word: &str) -> Result<bool, QueryError> {
        let found = matches!(self.lexer.peek()?, Token::Word(next) if next.eq_ignore_ascii_case(word));
        if found {
            self.lexer.take()?;
        }
        Ok(found)
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T, QueryError>) -> Result<Vec<T>, QueryError> {
        let mut items = vec![item(self)?];
        while self.symbol(",")? {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn command(&mut self) -> Result<Command, QueryError> {
        let Token::Word(name) = self.lexer.peek()? else {
            return Err(self.lexer.unexpected());
        };
        let start = self.lexer.offset();
        self.lexer.take()?;
        match name.to_ascii_lowercase().as_str() {
            "fields" => Ok(Command::Fields(self.list(Self::column)?)),
            "display" => Ok(Command::Display(self.list(Self::column)?)),
            "filter" | "where" => Ok(Command::Filter(self.expression()?)),
            "parse" => self.parse_command(),
            "stats" => self.stats(),
            "sort" | "order" => {
                self.keyword("by")?;
                Ok(Command::Sort(self.list(Self::sort_key)?))
            }
            "limit" | "head" => self.limit(),
            "dedup" => Ok(Command::Dedup(self.list(Self::expression)?)),
            _ => Err(self.lexer.error_at(start, format!("unexpected symbol found {name}"))),
        }
    }

    /// An expression, named by `as` or by how it is written.
    fn column(&mut self) -> Result<Column, QueryError> {
        let start = self.lexer.offset();
        let expression = self.expression()?;
        let written = self.lexer.written(start, self.lexer.end_offset()).trim_matches('`').to_owned();
        let name = if self.keyword("as")? { self.name()? } else { written };
        Ok(Column { name, expression })
    }

    fn name(&mut self) -> Result<String, QueryError> {
        match self.lexer.peek()? {
            Token::Word(name) | Token::Quoted(name) => {
                self.lexer.take()?;
                Ok(name)
            }
            _ => Err(self.lexer.unexpected()),
        }
    }

    fn sort_key(&mut self) -> Result<(Expression, bool), QueryError> {
        let start = self.lexer.offset();
        let expression = self.expression()?;
        let written = self.lexer.written(start, self.lexer.end_offset()).to_owned();
        // After `stats`, `sort count(*)` and `sort bin(5m)` name a column.
        let expression = match expression {
            Expression::Call(..) => Expression::Call(Function::Coalesce, vec![Expression::Field(written), expression]),
            other => other,
        };
        let descending = self.keyword("desc")?;
        if !descending {
            self.keyword("asc")?;
        }
        Ok((expression, descending))
    }

    fn limit(&mut self) -> Result<Command, QueryError> {
        match self.lexer.peek()? {
            Token::Number(number) if number.fract() == 0.0 && (1.0..=100_000.0).contains(&number) => {
                self.lexer.take()?;
                Ok(Command::Limit(number as usize))
            }
            _ => Err(self.lexer.unexpected()),
        }
    }

    /// `parse [field] "glob * of *" as a, b` or `parse [field] /(?<name>…)/`.
    fn parse_command(&mut self) -> Result<Command, QueryError> {
        let field = match self.lexer.peek()? {
            Token::Word(name) | Token::Quoted(name) => {
                self.lexer.take()?;
                Expression::Field(name)
            }
            _ => Expression::Field("@message".to_owned()),
        };
        let start = self.lexer.offset();
        let regex = match self.lexer.regex() {
            Some(regex) => regex?,
            None => match self.lexer.take()? {
                Token::Text(glob) => glob_regex(&glob).map_err(|_| self.lexer.error_at(start, "the glob is too long"))?,
                _ => return Err(self.lexer.error_at(start, "parse needs a glob or a regular expression")),
            },
        };
        let names = if self.keyword("as")? {
            self.list(Self::name)?
        } else {
            regex.capture_names().flatten().map(str::to_owned).collect()
        };
        if names.is_empty() || names.len() + 1 != regex.captures_len() {
            return Err(self.lexer.error_at(start, "the number of wildcards and of fields in parse do not agree"));
        }
        Ok(Command::Parse { field, regex, names })
    }

    fn stats(&mut self) -> Result<Command, QueryError> {
        self.aggregates = Some(Vec::new());
        let columns = self.list(Self::column);
        let aggregates = self.aggregates.take().unwrap_or_default();
        let columns = columns?;
        let by = if self.keyword("by")? { self.list(Self::column)? } else { Vec::new() };
        Ok(Command::Stats(Stats { aggregates, columns, by }))
    }

    fn expression(&mut self) -> Result<Expression, QueryError> {
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
        let result = if self.depth > DEEPEST { Err(self.lexer.error_at(offset, "the expression nests too deep")) } else { inner(self) };
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
                    Token::Number(percent) if (0.0..=100.0).contains(&percent) => AggregateFunction::Percentile(percent),
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

/// A glob as a regular expression: each `*` a group, as short as possible, the last one up to the end if it ends the glob.
fn glob_regex(glob: &str) -> Result<regex::Regex, regex::Error> {
    let pieces: Vec<String> = glob.split('*').map(regex::escape).collect();
    let mut text = pieces.join("(.*?)");
    if glob.starts_with('*') {
        text.insert(0, '^');
    }
    if glob.ends_with('*') {
        text.push_str(r"\s*$");
    }
    regex::RegexBuilder::new(&text).dot_matches_new_line(true).size_limit(1 << 20).build()
}
