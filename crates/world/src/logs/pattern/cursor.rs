//! Reading a filter pattern character by character: what JSON and space-delimited patterns have in common.

use regex::Regex;

use super::{Condition, Operand, Operator, PatternError};

/// So deep may parentheses nest; AWS limits the pattern to 1,024 characters, we limit the recursion.
const DEEPEST: usize = 50;

pub(super) struct Cursor<'a> {
    rest: &'a str,
    /// AWS allows two regular expressions in a pattern.
    regexes_left: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text, regexes_left: 2 }
    }

    pub(super) fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Takes `token` if it comes next (after white space).
    pub(super) fn take(&mut self, token: &str) -> bool {
        self.skip_space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes a keyword, in any case.
    pub(super) fn keyword(&mut self, word: &str) -> bool {
        self.skip_space();
        let matched = self.rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        if matched {
            self.rest = self.rest.get(word.len()..).unwrap_or_default();
        }
        matched
    }

    /// Takes characters as long as `accepted` says so.
    pub(super) fn while_in(&mut self, accepted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|letter| !accepted(letter)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// The text of `"…"`, in which `\"` and `\\` are escapes.
    pub(super) fn quoted(&mut self) -> Result<String, PatternError> {
        let mut text = String::new();
        let mut letters = self.rest.char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.rest = self.rest.get(at + 1..).unwrap_or_default();
                    return Ok(text);
                }
                '\\' => match letters.next() {
                    Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                    Some((_, other)) => text.extend(['\\', other]),
                    None => break,
                },
                other => text.push(other),
            }
        }
        Err(PatternError::Malformed("a quotation mark is not closed"))
    }

    /// The regular expression of `%…%`, restricted as AWS restricts it.
    pub(super) fn regex(&mut self) -> Result<Regex, PatternError> {
        let body = self.rest.get(1..).unwrap_or_default();
        let end = body.find('%').ok_or(PatternError::Malformed("a % is not closed"))?;
        let (text, rest) = body.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        let refused = || PatternError::Regex(text.to_owned());
        let supported = |letter: char| letter.is_ascii_alphanumeric() || r"_#=@/;,-:^$?[]{}|\*+. ".contains(letter);
        let mut escaped = false;
        for letter in text.chars() {
            let is_escape = escaped && letter.is_ascii_punctuation();
            if !is_escape && !supported(letter) {
                return Err(refused());
            }
            escaped = letter == '\\' && !escaped;
        }
        self.regexes_left =
            self.regexes_left.checked_sub(1).ok_or(PatternError::Malformed("more than 2 regular expressions"))?;
        regex::RegexBuilder::new(text).size_limit(1 << 20).build().map_err(|_| refused())
    }

    /// A comparison operator.
    pub(super) fn operator(&mut self) -> Option<Operator> {
        [
            ("!=", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("=", Operator::Equal),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ]
        .into_iter()
        .find_map(|(token, operator)| self.take(token).then_some(operator))
    }

    /// What a value is compared with: `"text*"`, `%regex%`, or a bare word that ends at white space or one of `stops`.
    pub(super) fn operand(&mut self, operator: Operator, stops: &str) -> Result<Operand, PatternError> {
        self.skip_space();
        let operand = match self.peek() {
            Some('"') => Operand::Wildcard(self.quoted()?),
            Some('%') => Operand::Regex(self.regex()?),
            _ => {
                let word = self.while_in(|letter| !letter.is_whitespace() && !stops.contains(letter));
                match word.parse::<f64>() {
                    _ if word.is_empty() => return Err(PatternError::Malformed("a comparison lacks its value")),
                    Ok(number) if number.is_finite() => Operand::Number(number, word.to_owned()),
                    _ => Operand::Wildcard(word.to_owned()),
                }
            }
        };
        match (operator, &operand) {
            (Operator::Equal | Operator::NotEqual, _) | (_, Operand::Number(..)) => Ok(operand),
            _ => Err(PatternError::Malformed("only numbers can be compared by size")),
        }
    }

    /// `test && (test || test)`; `&&` binds closer.
    pub(super) fn condition<Test>(
        &mut self,
        depth: usize,
        test: &mut impl FnMut(&mut Self) -> Result<Test, PatternError>,
    ) -> Result<Condition<Test>, PatternError> {
        let mut any = vec![self.conjunction(depth, test)?];
        while self.take("||") {
            any.push(self.conjunction(depth, test)?);
        }
        Ok(single_or(any, Condition::Any))
    }

    fn conjunction<Test>(
        &mut self,
        depth: usize,
        test: &mut impl FnMut(&mut Self) -> Result<Test, PatternError>,
    ) -> Result<Condition<Test>, PatternError> {
        let mut all = Vec::new();
        loop {
            if self.take("(") {
                if depth >= DEEPEST {
                    return Err(PatternError::Malformed("parentheses nest too deep"));
                }
                all.push(self.condition(depth + 1, test)?);
                if !self.take(")") {
                    return Err(PatternError::Malformed("a parenthesis is not closed"));
                }
            } else {
                all.push(Condition::Test(test(self)?));
            }
            if !self.take("&&") {
                return Ok(single_or(all, Condition::All));
            }
        }
    }

    /// An error about what comes next.
    pub(super) fn unexpected(&self) -> PatternError {
        let shown: String =
            self.rest.chars().take_while(|letter| !letter.is_whitespace() && !letter.is_alphanumeric()).collect();
        let shown = if shown.is_empty() { self.rest.chars().take(20).collect() } else { shown };
        PatternError::InvalidCharacters(shown)
    }

    /// Nothing but white space may be left.
    pub(super) fn end(&mut self) -> Result<(), PatternError> {
        self.skip_space();
        if self.rest.is_empty() { Ok(()) } else { Err(self.unexpected()) }
    }
}

fn single_or<Test>(
    mut parts: Vec<Condition<Test>>,
    join: fn(Vec<Condition<Test>>) -> Condition<Test>,
) -> Condition<Test> {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => {
            parts.push(last);
            join(parts)
        }
        (_, None) => join(parts),
    }
}
