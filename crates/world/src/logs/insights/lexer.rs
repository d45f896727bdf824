//! Words of a query. The parser asks for a token at a time, because `/` begins a regular expression only where one may stand.

use super::QueryError;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A field, a keyword or a function's name.
    Word(String),
    /// A field in back quotes.
    Quoted(String),
    Number(f64),
    /// `5m`: milliseconds.
    Span(f64),
    Text(String),
    Symbol(&'static str),
    End,
}

/// Longest first.
const SYMBOLS: [&str; 20] =
    ["!=", "<=", ">=", "=~", "==", "|", "(", ")", "[", "]", ",", "=", "<", ">", "+", "-", "*", "/", "%", "^"];

const UNITS: [(&str, f64); 20] = [
    ("ms", 1.0),
    ("s", 1e3),
    ("sec", 1e3),
    ("second", 1e3),
    ("seconds", 1e3),
    ("m", 6e4),
    ("min", 6e4),
    ("minute", 6e4),
    ("minutes", 6e4),
    ("h", 3.6e6),
    ("hr", 3.6e6),
    ("hour", 3.6e6),
    ("hours", 3.6e6),
    ("d", 8.64e7),
    ("day", 8.64e7),
    ("days", 8.64e7),
    ("w", 6.048e8),
    ("week", 6.048e8),
    ("weeks", 6.048e8),
    ("millisecond", 1.0),
];

#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    /// Bytes.
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Byte offset of the next token.
    pub(super) fn offset(&mut self) -> usize {
        self.skip_space();
        self.at
    }

    /// The query's text between two offsets, without white space around it.
    pub(super) fn written(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default().trim()
    }

    /// Where the last token ended.
    pub(super) fn end_offset(&self) -> usize {
        self.at
    }

    pub(super) fn error_at(&self, offset: usize, what: impl Into<String>) -> QueryError {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        QueryError { what: what.into(), line: 1 + before.matches('\n').count(), position: line.chars().count() }
    }

    /// An error about the next token.
    pub(super) fn unexpected(&mut self) -> QueryError {
        let offset = self.offset();
        let shown: String = self.rest().chars().take_while(|letter| !letter.is_whitespace()).take(20).collect();
        if shown.is_empty() {
            return self.error_at(offset, "unexpected end of the query");
        }
        self.error_at(offset, format!("unexpected symbol found {shown}"))
    }

    fn skip_space(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    pub(super) fn peek(&mut self) -> Result<Token, QueryError> {
        self.clone().take()
    }

    pub(super) fn take(&mut self) -> Result<Token, QueryError> {
        self.skip_space();
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(Token::End);
        };
        match first {
            '"' | '\'' => self.quoted(first).map(Token::Text),
            '`' => self.quoted(first).map(Token::Quoted),
            '0'..='9' => self.number(),
            _ if is_word_start(first) => Ok(Token::Word(self.while_in(is_word_part).to_owned())),
            _ => {
                let symbol = SYMBOLS
                    .iter()
                    .find(|symbol| rest.starts_with(**symbol))
                    .ok_or_else(|| self.clone().unexpected())?;
                self.at += symbol.len();
                Ok(Token::Symbol(symbol))
            }
        }
    }

    fn while_in(&mut self, accepted: fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|letter| !accepted(letter)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn number(&mut self) -> Result<Token, QueryError> {
        let start = self.offset();
        let digits = self.while_in(|letter| letter.is_ascii_digit() || letter == '.');
        let number: f64 = digits.parse().map_err(|_| self.error_at(start, format!("{digits} is not a number")))?;
        let unit = self.while_in(char::is_alphabetic);
        if unit.is_empty() {
            return Ok(Token::Number(number));
        }
        let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| factor);
        let factor = factor.ok_or_else(|| self.error_at(start, format!("{unit} is not a unit of time")))?;
        Ok(Token::Span(number * factor))
    }

    fn quoted(&mut self, mark: char) -> Result<String, QueryError> {
        let start = self.at;
        let mut text = String::new();
        let mut letters = self.rest().char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            if letter == mark {
                self.at = start + at + mark.len_utf8();
                return Ok(text);
            }
            match letter {
                '\\' => match letters.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, escaped @ ('"' | '\'' | '`' | '\\'))) => text.push(escaped),
                    Some((_, other)) => text.extend(['\\', other]),
                    None => break,
                },
                other => text.push(other),
            }
        }
        Err(self.error_at(start, "the quotation mark is not closed"))
    }

    /// `/…/`, if it comes next: the expression between the slashes, with `\/` for a slash.
    pub(super) fn regex(&mut self) -> Option<Result<regex::Regex, QueryError>> {
        self.skip_space();
        let start = self.at;
        let body = self.rest().strip_prefix('/')?;
        let mut escaped = false;
        for (at, letter) in body.char_indices() {
            if letter == '/' && !escaped {
                self.at += 1 + at + 1;
                let text = body.get(..at).unwrap_or_default().replace("\\/", "/");
                let regex = regex::RegexBuilder::new(&text).size_limit(1 << 20).build();
                return Some(regex.map_err(|_| self.error_at(start, format!("invalid regular expression /{text}/"))));
            }
            escaped = letter == '\\' && !escaped;
        }
        Some(Err(self.error_at(start, "the regular expression is not closed")))
    }
}

fn is_word_start(letter: char) -> bool {
    letter.is_alphabetic() || letter == '@' || letter == '_' || letter == '$'
}

fn is_word_part(letter: char) -> bool {
    is_word_start(letter) || letter.is_numeric() || letter == '.'
}
