//! One token of a template: a text, or a wildcard between a fixed beginning and a fixed end.

use crate::WILDCARD;
use crate::leaf::Fingerprint;
use crate::scanner::{Kind, Token};

/// What a token of a line must look like to fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// The kind of every token that fits.
    pub(crate) kind: Kind,
    /// No white space before it.
    pub(crate) glued: bool,
    shape: Shape,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Shape {
    Exact(Box<[u8]>),
    /// Anything that begins and ends so; the two do not overlap.
    Between(Box<[u8]>, Box<[u8]>),
}

/// How a token stands to a pattern at the same place of the same skeleton.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    Fits,
    /// It would fit a wider pattern, and the difference is in a value.
    Value,
    /// It would fit a wider pattern, but the difference is in a word of the message.
    Word,
}

impl Pattern {
    pub(crate) fn exact(token: Token, text: &[u8]) -> Self {
        Self { kind: token.kind, glued: token.glued, shape: Shape::Exact(text.into()) }
    }

    pub(crate) fn fit(&self, token: Token, text: &[u8]) -> Fit {
        if token.kind == Kind::Outcome || self.shape_fits(text) {
            return Fit::Fits;
        }
        match (self.kind, token.kind) {
            (Kind::Word, _) | (_, Kind::Word) => Fit::Word,
            _ => Fit::Value,
        }
    }

    /// What tells it from others at a glance.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        match &self.shape {
            Shape::Exact(text) => fingerprint(self.kind, text),
            Shape::Between(..) => Fingerprint::ANY,
        }
    }

    fn shape_fits(&self, text: &[u8]) -> bool {
        match &self.shape {
            Shape::Exact(exact) => **exact == *text,
            Shape::Between(head, tail) => {
                text.len() >= head.len() + tail.len() && text.starts_with(head) && text.ends_with(tail)
            }
        }
    }

    /// The text if exact, else the fixed beginning.
    fn head(&self) -> &[u8] {
        match &self.shape {
            Shape::Exact(text) | Shape::Between(text, _) => text,
        }
    }

    fn tail(&self) -> &[u8] {
        match &self.shape {
            Shape::Exact(text) => text,
            Shape::Between(_, tail) => tail,
        }
    }

    /// Lets in `text`, and everything between the beginning and the end that it shares with what fitted before. False if
    /// it fitted already.
    pub(crate) fn admit(&mut self, text: &[u8]) -> bool {
        let fits = self.shape_fits(text);
        if !fits {
            self.widen_between(text, text, text.len());
        }
        !fits
    }

    /// Lets in all that fits `other`.
    pub(crate) fn widen_to(&mut self, other: &Self) {
        if self.differs(other) {
            self.widen_between(other.head(), other.tail(), other.shortest());
        }
    }

    fn widen_between(&mut self, head: &[u8], tail: &[u8], shortest: usize) {
        let head = common_head(self.head(), head);
        let room = self.shortest().min(shortest).saturating_sub(head.len());
        let tail = common_tail(self.tail(), tail, room);
        self.shape = Shape::Between(head.into(), tail.into());
    }

    /// Bytes of the shortest text that fits.
    fn shortest(&self) -> usize {
        match &self.shape {
            Shape::Exact(text) => text.len(),
            Shape::Between(head, tail) => head.len() + tail.len(),
        }
    }

    /// Whether only one text fits.
    pub(crate) fn is_exact(&self) -> bool {
        matches!(self.shape, Shape::Exact(_))
    }

    /// Appends the pattern as a reader sees it.
    pub(crate) fn render(&self, out: &mut Vec<u8>) {
        match &self.shape {
            Shape::Exact(text) => out.extend_from_slice(text),
            Shape::Between(head, tail) => {
                out.extend_from_slice(head);
                out.extend_from_slice(WILDCARD.as_bytes());
                out.extend_from_slice(tail);
            }
        }
    }

    /// Whether all that fits `other` fits this too.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match (&self.shape, &other.shape) {
            _ if self.kind == Kind::Outcome => true,
            (_, Shape::Exact(text)) => self.shape_fits(text),
            (Shape::Exact(_), Shape::Between(..)) => false,
            (Shape::Between(head, tail), Shape::Between(other_head, other_tail)) => {
                other_head.starts_with(head) && other_tail.ends_with(tail)
            }
        }
    }

    /// Whether the two are different words, rather than different values of one.
    pub(crate) fn is_other_word(&self, other: &Self) -> bool {
        self.differs(other) && (self.kind == Kind::Word || other.kind == Kind::Word)
    }

    /// Two patterns that let in different texts.
    pub(crate) fn differs(&self, other: &Self) -> bool {
        self.shape != other.shape
    }
}

/// What tells a token from others at a glance. Pins are alike in all templates that are compared, and outcomes differ freely.
pub(crate) fn fingerprint(kind: Kind, text: &[u8]) -> Fingerprint {
    match kind {
        Kind::Word => Fingerprint::of_word(text),
        Kind::Variable | Kind::Field { .. } => Fingerprint::of_value(text),
        Kind::Outcome | Kind::Pin => Fingerprint::ANY,
    }
}

/// The beginning that both share, up to and including a delimiter: never half a word, never half a character.
fn common_head<'a>(left: &[u8], right: &'a [u8]) -> &'a [u8] {
    let common = left.iter().zip(right).take_while(|(left, right)| left == right).count();
    let head = right.get(..common).unwrap_or_default();
    let length = head.iter().rposition(|&byte| is_delimiter(byte)).map_or(0, |at| at + 1);
    head.get(..length).unwrap_or_default()
}

/// The end that both share, from a delimiter on, `room` bytes at most.
fn common_tail<'a>(left: &[u8], right: &'a [u8], room: usize) -> &'a [u8] {
    let common = left.iter().rev().zip(right.iter().rev()).take_while(|(left, right)| left == right).count().min(room);
    let tail = right.get(right.len() - common..).unwrap_or_default();
    let start = tail.iter().position(|&byte| is_delimiter(byte)).unwrap_or(tail.len());
    tail.get(start..).unwrap_or_default()
}

/// Punctuation that parts a name from a value. Not the characters of a wildcard: a cut must not fall inside one.
fn is_delimiter(byte: u8) -> bool {
    byte.is_ascii_punctuation() && !matches!(byte, b'<' | b'*' | b'>' | b'-' | b'_' | b'.')
}
