//! A masked line under construction: its text, and the tokens in it.

use std::hash::{BuildHasher as _, Hasher as _};

use foldhash::fast::FixedState;

/// What a token consists of, and so what may differ between lines of one template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Holds a word of the message.
    Word,
    /// Nothing but masked values and punctuation.
    Variable,
    /// A key, up to byte `key` of the token, and a value.
    Field {
        /// Bytes up to where the value begins.
        key: u16,
    },
    /// Tells how it went: differs freely, and is counted apart.
    Outcome,
    /// Must be the same, to the letter.
    Pin,
}

/// A stretch of [`Masked::text`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    start: u32,
    end: u32,
    pub(crate) kind: Kind,
    /// No white space before it.
    pub(crate) glued: bool,
}

/// A masked line.
#[derive(Debug, Default)]
pub(crate) struct Masked {
    text: Vec<u8>,
    tokens: Vec<Token>,
    /// Where the token at the end begins.
    start: usize,
    /// The token at the end holds a word outside a wildcard.
    has_word: bool,
    /// Where the last kept word of the token at the end begins.
    word_start: usize,
    /// Bytes of the key of the token at the end.
    key: Option<u16>,
    glued: bool,
}

const WILDCARD: &[u8] = crate::WILDCARD.as_bytes();

/// Nearly all words are not longer, in bytes.
const SHORT: usize = 16;

impl Masked {
    /// The masked line, tokens joined by one space unless glued.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Number of complete tokens.
    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The tokens and their texts.
    pub(crate) fn tokens(&self) -> impl ExactSizeIterator<Item = (Token, &[u8])> {
        self.tokens
            .iter()
            .map(|token| (*token, self.text.get(token.start as usize..token.end as usize).unwrap_or_default()))
    }

    /// A hash of what all lines of a template share to the letter: what kinds of tokens there are and whether white space
    /// is before them, the keys of fields, and pinned words.
    pub(crate) fn skeleton(&self) -> u64 {
        let mut hasher = FixedState::with_seed(0).build_hasher();
        for (token, text) in self.tokens() {
            let (kind, fixed) = match token.kind {
                Kind::Word | Kind::Variable => (0, 0),
                Kind::Outcome => (1, 0),
                Kind::Field { key } => (2, usize::from(key)),
                Kind::Pin => (3, text.len()),
            };
            hasher.write_u8(kind << 1 | u8::from(token.glued));
            hasher.write(text.get(..fixed).unwrap_or_default());
        }
        hasher.finish()
    }

    /// The words that tell how it went, in their order.
    pub(crate) fn outcome(&self) -> impl Iterator<Item = &[u8]> {
        self.tokens().filter(|(token, _)| token.kind == Kind::Outcome).map(|(_, text)| text)
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.tokens.clear();
        self.begin_token();
        self.glued = false;
    }

    fn begin_token(&mut self) {
        self.start = self.text.len();
        self.word_start = self.start;
        self.has_word = false;
        self.key = None;
    }

    #[inline]
    pub(super) fn push(&mut self, byte: u8) {
        self.text.push(byte);
    }

    /// Copies a word, or a part of one.
    #[inline]
    pub(super) fn push_word(&mut self, word: &[u8]) {
        self.word_start = self.text.len();
        self.text.extend_from_slice(word);
        self.has_word = true;
    }

    /// Copies the word that `from` begins with, `length` bytes.
    #[inline]
    pub(super) fn push_word_of(&mut self, from: &[u8], length: usize) {
        self.word_start = self.text.len();
        match from.first_chunk::<SHORT>() {
            // A copy of known length is two instructions; what is too much of it is taken back.
            Some(chunk) if length <= SHORT => {
                self.text.extend_from_slice(chunk);
                self.text.truncate(self.word_start + length);
            }
            _ => self.text.extend_from_slice(from.get(..length).unwrap_or_default()),
        }
        self.has_word = true;
    }

    /// Copies what follows a wildcard and belongs to it: a unit.
    pub(super) fn push_unit(&mut self, unit: &[u8]) {
        self.text.extend_from_slice(unit);
    }

    /// A value. Joins the wildcard before it, if only a joint is between: `<*>:<*>` is `<*>`.
    #[inline]
    pub(super) fn push_wildcard(&mut self) {
        let token = self.token();
        if token.ends_with(WILDCARD) {
            return;
        }
        if let [before @ .., joint] = token
            && let Some(before) = before.strip_suffix(WILDCARD)
            && (matches!(joint, b'.' | b':' | b'-' | b',' | b'+' | b'_') || (*joint == b'/' && !before.ends_with(b"/")))
        {
            self.text.pop();
            return;
        }
        self.text.extend_from_slice(WILDCARD);
    }

    /// `"<*>"`: a quoted string of which nothing is kept.
    pub(super) fn push_opaque(&mut self) {
        self.text.extend_from_slice(b"\"<*>\"");
    }

    /// A token of its own that is pinned.
    pub(super) fn push_pin(&mut self, word: &[u8]) {
        self.push_alone(word, Kind::Pin);
    }

    /// A token of its own that tells how it went.
    pub(super) fn push_outcome(&mut self, word: &[u8]) {
        self.push_alone(word, Kind::Outcome);
    }

    /// A token of its own, to which what follows is glued.
    fn push_alone(&mut self, word: &[u8], kind: Kind) {
        self.end_token_glued();
        self.text.extend_from_slice(word);
        self.end(kind);
        self.glue();
    }

    /// A stack frame, pinned.
    pub(super) fn push_frame(&mut self, frame: &[u8]) {
        self.end_token();
        self.text.extend_from_slice(frame);
        self.end(Kind::Pin);
        self.glued = false;
    }

    /// What was cut off.
    pub(super) fn push_rest(&mut self) {
        self.end_token();
        self.text.extend_from_slice(WILDCARD);
        self.end(Kind::Variable);
    }

    /// Turns the word at the end into a wildcard. False if there is none.
    pub(super) fn mask_last_word(&mut self) -> bool {
        if self.text.len() == self.start
            || self.text.last().is_some_and(|byte| byte.is_ascii_punctuation() && *byte != b'>')
        {
            return false;
        }
        if !self.token().ends_with(WILDCARD) {
            self.text.truncate(self.word_start);
            self.has_word = self.token().iter().any(u8::is_ascii_alphabetic);
            self.push_wildcard();
        }
        true
    }

    fn token(&self) -> &[u8] {
        self.text.get(self.start..).unwrap_or_default()
    }

    pub(super) fn token_is_empty(&self) -> bool {
        self.text.len() == self.start
    }

    /// Whether a sign could stand here: not right after a word or a wildcard.
    pub(super) fn token_is_open(&self) -> bool {
        self.token().last().is_none_or(|byte| byte.is_ascii_punctuation() && *byte != b'>')
    }

    pub(super) fn token_is_only(&self, byte: u8) -> bool {
        self.token() == [byte]
    }

    /// Whether the token at the end is but a word of `length` bytes, at most one bracket before, and `=`.
    pub(super) fn token_is_key(&self, length: usize) -> bool {
        self.key.is_none() && self.token().len() <= length + 2
    }

    /// What the token at the end holds so far is a key.
    pub(super) fn end_key(&mut self) {
        self.key = u16::try_from(self.token().len()).ok();
    }

    /// No white space before the next token.
    pub(super) fn glue(&mut self) {
        self.glued = true;
    }

    /// White space: the next token is not glued.
    #[inline]
    pub(super) fn end_token(&mut self) {
        if self.token_is_empty() {
            // After white space, or a token that was ended without.
            if !matches!(self.text.last(), None | Some(b' ')) {
                self.text.push(b' ');
            }
        } else {
            let kind = self.kind();
            self.end(kind);
            self.text.push(b' ');
        }
        self.begin_token();
        self.glued = false;
    }

    /// Begins a new token without white space.
    pub(super) fn end_token_glued(&mut self) {
        if !self.token_is_empty() {
            let kind = self.kind();
            self.end(kind);
            self.glue();
        }
    }

    fn kind(&self) -> Kind {
        match self.key {
            Some(key) => Kind::Field { key },
            None if self.has_word => Kind::Word,
            None => Kind::Variable,
        }
    }

    #[inline]
    fn end(&mut self, kind: Kind) {
        let after_comma = self.start >= 2 && self.text.get(self.start - 2) == Some(&b',');
        if after_comma && !self.glued && matches!(kind, Kind::Variable | Kind::Word) && self.joins_list() {
            self.begin_token();
            return;
        }
        if self.tokens.len() < super::MAX_TOKENS + 8 {
            self.tokens.push(Token {
                start: narrow(self.start),
                end: narrow(self.text.len()),
                kind,
                glued: self.glued,
            });
        }
        self.begin_token();
    }

    /// `<*>, <*>` becomes `<*>`, and `job-<*>, job-<*>` becomes `job-<*>`: lists of any length are alike.
    #[cold]
    fn joins_list(&mut self) -> bool {
        let Some(previous) = self.tokens.last() else {
            return false;
        };
        let range = previous.start as usize..previous.end as usize;
        let Some([before @ .., b',']) = self.text.get(range.clone()) else {
            return false;
        };
        let item = match before {
            [b'[' | b'(' | b'{', item @ ..] => item,
            _ => before,
        };
        if range.end + 1 != self.start || !item.ends_with(WILDCARD) || !self.token().starts_with(item) {
            return false;
        }
        let tail = self.start + item.len();
        self.text.drain(range.end - 1..tail);
        let end = narrow(self.text.len());
        if let Some(previous) = self.tokens.last_mut() {
            previous.end = end;
        }
        true
    }
}

/// Lines are cut far below 4 GiB.
fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
