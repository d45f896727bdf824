//! Templates of log lines: plain text with `{placeholders}`.
//!
//! A template is parsed once, when the world is loaded, and rendered once an invocation. `{{` and `}}` are plain braces; a
//! brace that begins no placeholder is plain text, so that JSON can be written as it is.

use super::instant;
use super::numbers::Draws;

/// A parsed line.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(from = "String")]
pub(crate) struct Line(Vec<Piece>);

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    Timestamp,
    RequestId,
    Uuid,
    Hex(usize),
    Int(i64, i64),
    Float { low: f64, high: f64 },
    Choice(Vec<String>),
    Ip,
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        Self::parse(&text)
    }
}

impl Line {
    /// Parses `text`; never fails, because what is no placeholder is plain text.
    pub(crate) fn parse(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from_brace) = rest.split_at(at);
            plain.push_str(before);
            if let Some(after) = from_brace.strip_prefix("{{") {
                plain.push('{');
                rest = after;
            } else if let Some(after) = from_brace.strip_prefix("}}") {
                plain.push('}');
                rest = after;
            } else if let Some((piece, after)) = placeholder(from_brace) {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(piece);
                rest = after;
            } else {
                let (brace, after) = from_brace.split_at(1);
                plain.push_str(brace);
                rest = after;
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Self(pieces)
    }

    /// The line as an invocation writes it at `at` (epoch milliseconds).
    pub(crate) fn render(&self, at: i64, request_id: &str, draws: &mut Draws) -> String {
        let mut text = String::with_capacity(160);
        for piece in &self.0 {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Timestamp => instant::push_rfc3339(&mut text, at),
                Piece::RequestId => text.push_str(request_id),
                Piece::Uuid => push_uuid(&mut text, draws),
                Piece::Hex(length) => push_hex(&mut text, *length, draws),
                Piece::Int(low, high) => text.push_str(&draws.integer(*low, *high).to_string()),
                Piece::Float { low, high } => {
                    let value = low + (high - low) * draws.unit();
                    text.push_str(&format!("{value:.2}"));
                }
                Piece::Choice(options) => {
                    let last = i64::try_from(options.len()).unwrap_or(1) - 1;
                    let index = usize::try_from(draws.integer(0, last)).unwrap_or(0);
                    text.push_str(options.get(index).map_or("", String::as_str));
                }
                Piece::Ip => {
                    let bits = draws.bits();
                    text.push_str(&format!("10.{}.{}.{}", bits & 0xff, (bits >> 8) & 0xff, 1 + (bits >> 16) % 254));
                }
            }
        }
        text
    }
}

/// The placeholder at the start of `text` and what follows it.
fn placeholder(text: &str) -> Option<(Piece, &str)> {
    let (name, after) = text.strip_prefix('{')?.split_once('}')?;
    let piece = match name.split_once(':') {
        None => match name {
            "timestamp" => Piece::Timestamp,
            "request_id" => Piece::RequestId,
            "uuid" => Piece::Uuid,
            "ip" => Piece::Ip,
            _ => return None,
        },
        Some(("hex", length)) => Piece::Hex(length.parse().ok().filter(|length| *length <= 1024)?),
        Some(("int", range)) => {
            let (low, high) = range.split_once('-')?;
            let (low, high) = (low.parse().ok()?, high.parse().ok()?);
            if low > high {
                return None;
            }
            Piece::Int(low, high)
        }
        Some(("float", range)) => {
            let (low, high) = range.split_once('-')?;
            let (low, high) = (low.parse::<f64>().ok()?, high.parse::<f64>().ok()?);
            if !low.is_finite() || !high.is_finite() || low > high {
                return None;
            }
            Piece::Float { low, high }
        }
        Some(("choice", options)) => Piece::Choice(options.split('|').map(str::to_owned).collect()),
        Some(_) => return None,
    };
    Some((piece, after))
}

/// A random UUID of version 4.
pub(crate) fn uuid(draws: &mut Draws) -> String {
    let mut text = String::with_capacity(36);
    push_uuid(&mut text, draws);
    text
}

fn push_uuid(text: &mut String, draws: &mut Draws) {
    let high = (draws.bits() & 0xffff_ffff_ffff_0fff) | 0x4000;
    let low = (draws.bits() & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
    let bits = u128::from(high) << 64 | u128::from(low);
    for place in (0..32).rev() {
        if matches!(place, 23 | 19 | 15 | 11) {
            text.push('-');
        }
        push_hex_digit(text, (bits >> (4 * place)) as u64);
    }
}

fn push_hex_digit(text: &mut String, bits: u64) {
    text.push(char::from_digit((bits & 0xf) as u32, 16).unwrap_or('0'));
}

/// Appends `length` hexadecimal digits.
pub(crate) fn push_hex(text: &mut String, length: usize, draws: &mut Draws) {
    let mut bits = 0;
    for index in 0..length {
        if index % 16 == 0 {
            bits = draws.bits();
        }
        push_hex_digit(text, bits);
        bits >>= 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(template: &str) -> String {
        Line::parse(template).render(1_765_863_937_102, "6f1c0c9e", &mut Draws::of(1, "line"))
    }

    #[test]
    fn braces_that_begin_no_placeholder_are_plain_text() {
        assert_eq!(
            rendered(r#"{timestamp}	{request_id}	{"errorType":"Error","n":{int:5-5}}"#),
            "2025-12-16T05:45:37.102Z\t6f1c0c9e\t{\"errorType\":\"Error\",\"n\":5}"
        );
        assert_eq!(rendered("{{timestamp}} {nope} {int:9-1} {"), "{timestamp} {nope} {int:9-1} {");
    }

    #[test]
    fn placeholders_draw_values_of_their_form() {
        let text = rendered("{uuid} {hex:8} {int:3-3} {float:2-2} {choice:a} {ip}");
        let form = regex::Regex::new(r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12} [0-9a-f]{8} 3 2\.00 a 10\.\d+\.\d+\.\d+$").unwrap();
        assert!(form.is_match(&text), "{text}");
    }
}
