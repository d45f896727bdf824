//! The AWS CLI's shorthand: `Key=Value,Key=[a,b],Key={Key=Value}`, and `Key=a,b` for a list.
//!
//! ```text
//! pairs := pair ("," pair)*
//! pair  := key ("=" | "@=") value ("," plain)*      further values without a key make a list
//! value := "{" pairs "}" | "[" value ("," value)* "]" | quoted | plain
//! ```
//! Source: AWS CLI user guide, "Using shorthand syntax with the AWS CLI". All scalars become text.

use serde_json::{Map, Value};

/// How deep braces and brackets may be nested.
const DEEPEST: usize = 32;

/// Reads shorthand into an object.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    let mut reader = Reader { rest: text };
    let object = reader.pairs(0)?;
    if reader.rest.trim().is_empty() {
        Ok(Value::Object(object))
    } else {
        Err(format!("{:?} is left over after the shorthand Key=Value,…", reader.rest))
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn pairs(&mut self, depth: usize) -> Result<Map<String, Value>, String> {
        let mut object = Map::new();
        loop {
            let key =
                self.key().ok_or_else(|| format!("{:?} is neither JSON nor the shorthand Key=Value,…", self.rest))?;
            let first = self.value(depth)?;
            let mut more = Vec::new();
            while self.rest.starts_with(',') && !self.key_follows() {
                self.take(",");
                more.push(self.value(depth)?);
            }
            let value =
                if more.is_empty() { first } else { Value::Array(std::iter::once(first).chain(more).collect()) };
            object.insert(key, value);
            if !self.take(",") {
                return Ok(object);
            }
        }
    }

    /// A key with its sign.
    fn key(&mut self) -> Option<String> {
        let text = self.rest.trim_start();
        let end = text.find(|letter: char| !is_of_key(letter))?;
        let (key, rest) = text.split_at_checked(end)?;
        let rest = rest.strip_prefix("@=").or_else(|| rest.strip_prefix('='))?;
        self.rest = rest;
        (!key.is_empty()).then(|| key.to_owned())
    }

    /// Whether a key stands behind the comma.
    fn key_follows(&self) -> bool {
        Reader { rest: self.rest.trim_start_matches(',') }.key().is_some()
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > DEEPEST {
            return Err(format!("it is nested more than {DEEPEST} deep"));
        }
        if self.take("{") {
            let object = if self.rest.starts_with('}') { Map::new() } else { self.pairs(depth + 1)? };
            return self.close("}").map(|()| Value::Object(object));
        }
        if self.take("[") {
            let mut items = Vec::new();
            while !self.rest.is_empty() && !self.rest.starts_with(']') {
                items.push(self.value(depth + 1)?);
                if !self.take(",") {
                    break;
                }
            }
            return self.close("]").map(|()| Value::Array(items));
        }
        match self.rest.chars().next() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote),
            _ => Ok(Value::String(self.plain())),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Value, String> {
        let text = self.rest.get(1..).unwrap_or_default();
        let mut escaped = false;
        for (place, letter) in text.char_indices() {
            if !escaped && letter == quote {
                let inner = text.get(..place).unwrap_or_default().to_owned();
                self.rest = text.get(place + 1..).unwrap_or_default();
                return Ok(Value::String(inner));
            }
            escaped = !escaped && letter == '\\';
        }
        Err("a quote is not closed".to_owned())
    }

    fn plain(&mut self) -> String {
        let end = self.rest.find([',', ']', '}']).unwrap_or(self.rest.len());
        let (value, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        value.trim().to_owned()
    }

    fn take(&mut self, sign: &str) -> bool {
        let text = self.rest.trim_start();
        text.strip_prefix(sign).inspect(|rest| self.rest = rest).is_some()
    }

    fn close(&mut self, sign: &str) -> Result<(), String> {
        if self.take(sign) { Ok(()) } else { Err(format!("a {sign} is missing")) }
    }
}

/// The characters of a key, by the CLI's own grammar.
fn is_of_key(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | '#' | '/' | ':')
}
