//! Reading the three kinds of filter pattern.

use super::cursor::Cursor;
use super::{Check, Fields, JsonTest, Pattern, PatternError, Slot, Step, Terms, Text};

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Where AWS answers `InvalidParameterException`: the error's text is the message.
    pub(crate) fn parse(text: &str) -> Result<Self, PatternError> {
        let text = text.trim();
        match text.chars().next() {
            None => Ok(Self::Everything),
            Some('{') => json(text),
            Some('[') => fields(text),
            Some(_) => terms(text),
        }
    }
}

fn terms(text: &str) -> Result<Pattern, PatternError> {
    let mut cursor = Cursor::new(text);
    let mut terms = Terms::default();
    loop {
        cursor.skip_space();
        let list = match cursor.peek() {
            None => break,
            Some('?') => {
                cursor.take("?");
                &mut terms.optional
            }
            Some('-') => {
                cursor.take("-");
                &mut terms.excluded
            }
            Some(_) => &mut terms.required,
        };
        list.push(term(&mut cursor)?);
    }
    Ok(Pattern::Terms(terms))
}

fn term(cursor: &mut Cursor<'_>) -> Result<Text, PatternError> {
    match cursor.peek() {
        Some('"') => Ok(Text::Literal(cursor.quoted()?)),
        Some('%') => Ok(Text::Regex(cursor.regex()?)),
        _ => {
            let word = cursor.while_in(|letter| letter.is_alphanumeric() || letter == '_');
            match cursor.peek() {
                _ if word.is_empty() => Err(cursor.unexpected()),
                Some(next) if !next.is_whitespace() => Err(cursor.unexpected()),
                _ => Ok(Text::Literal(word.to_owned())),
            }
        }
    }
}

fn json(text: &str) -> Result<Pattern, PatternError> {
    let mut cursor = Cursor::new(text);
    cursor.take("{");
    let condition = cursor.condition(0, &mut json_test)?;
    if !cursor.take("}") {
        return Err(cursor.unexpected());
    }
    cursor.end()?;
    Ok(Pattern::Json(condition))
}

fn json_test(cursor: &mut Cursor<'_>) -> Result<JsonTest, PatternError> {
    let selector = selector(cursor)?;
    if let Some(operator) = cursor.operator() {
        let operand = cursor.operand(operator, "(){}&|,=!<>")?;
        return Ok(JsonTest { selector, check: Check::Compare(operator, operand) });
    }
    let check = if cursor.keyword("NOT") && cursor.keyword("EXISTS") {
        Check::NotExists
    } else if cursor.keyword("IS") {
        match () {
            () if cursor.keyword("NULL") => Check::IsNull,
            () if cursor.keyword("TRUE") => Check::IsTrue,
            () if cursor.keyword("FALSE") => Check::IsFalse,
            () => return Err(cursor.unexpected()),
        }
    } else {
        return Err(cursor.unexpected());
    };
    Ok(JsonTest { selector, check })
}

/// `$.a.b[0]`, `$.list[*].name`, `$['odd.key']`.
fn selector(cursor: &mut Cursor<'_>) -> Result<Vec<Step>, PatternError> {
    if !cursor.take("$") {
        return Err(cursor.unexpected());
    }
    let mut steps = Vec::new();
    loop {
        match cursor.peek() {
            Some('.') => {
                cursor.take(".");
                if cursor.peek() == Some('[') {
                    continue;
                }
                steps.push(property(cursor)?);
            }
            Some('[') => {
                cursor.take("[");
                steps.push(element(cursor)?);
            }
            _ if steps.is_empty() => return Err(cursor.unexpected()),
            _ => return Ok(steps),
        }
    }
}

fn property(cursor: &mut Cursor<'_>) -> Result<Step, PatternError> {
    if cursor.peek() == Some('*') {
        cursor.take("*");
        return Ok(Step::Every);
    }
    let name = cursor.while_in(|letter| letter.is_alphanumeric() || "_-".contains(letter));
    if name.is_empty() {
        return Err(PatternError::InvalidCharacters(format!(
            "$.{}",
            cursor.peek().map(String::from).unwrap_or_default()
        )));
    }
    Ok(Step::Key(name.to_owned()))
}

fn element(cursor: &mut Cursor<'_>) -> Result<Step, PatternError> {
    let step = match cursor.peek() {
        Some('*') => {
            cursor.take("*");
            Step::Every
        }
        Some('"') => Step::Key(cursor.quoted()?),
        Some('\'') => {
            cursor.take("'");
            let name = cursor.while_in(|letter| letter != '\'').to_owned();
            if !cursor.take("'") {
                return Err(PatternError::Malformed("a quotation mark is not closed"));
            }
            Step::Key(name)
        }
        _ => Step::Index(cursor.while_in(|letter| letter.is_ascii_digit()).parse().map_err(|_| cursor.unexpected())?),
    };
    if cursor.take("]") { Ok(step) } else { Err(cursor.unexpected()) }
}

fn fields(text: &str) -> Result<Pattern, PatternError> {
    let mut cursor = Cursor::new(text);
    cursor.take("[");
    let mut before = Vec::new();
    let mut after: Option<Vec<Slot>> = None;
    loop {
        if cursor.take("...") {
            if after.replace(Vec::new()).is_some() {
                return Err(PatternError::Malformed("more than one ellipsis"));
            }
        } else {
            let slot = slot(&mut cursor)?;
            after.as_mut().unwrap_or(&mut before).push(slot);
        }
        if cursor.take("]") {
            cursor.end()?;
            return Ok(Pattern::Fields(Fields { before, after }));
        }
        if !cursor.take(",") {
            return Err(cursor.unexpected());
        }
    }
}

/// `name`, or tests of it: `status = 4* && status != 404`.
fn slot(cursor: &mut Cursor<'_>) -> Result<Slot, PatternError> {
    let mut only_named = false;
    let condition = cursor.condition(0, &mut |cursor: &mut Cursor<'_>| {
        cursor.skip_space();
        let name = cursor.while_in(|letter| letter.is_alphanumeric() || "_-$.@".contains(letter));
        if name.is_empty() {
            return Err(cursor.unexpected());
        }
        let Some(operator) = cursor.operator() else {
            only_named = true;
            return Ok((super::Operator::Equal, super::Operand::Wildcard("*".to_owned())));
        };
        Ok((operator, cursor.operand(operator, "(),[]&|=!<>")?))
    })?;
    Ok((!only_named).then_some(condition))
}
