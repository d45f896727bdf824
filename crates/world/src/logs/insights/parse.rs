//! Reading a query: its commands. `expression` reads what stands in them.

mod expression;

use super::functions::Function;
use super::lexer::{Lexer, Token};
use super::{Aggregate, Column, Command, Expression, Query, QueryError, Stats};

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
    /// How deep the expression nests that is being read.
    depth: usize,
    /// Operators of the query so far.
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
                Token::Text(glob) => {
                    glob_regex(&glob).map_err(|_| self.lexer.error_at(start, "the glob is too long"))?
                }
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
