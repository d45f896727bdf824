//! Classes of bytes, looked up in a table.

/// A set of properties of one byte, or of several joined by "or".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Class(u8);

impl Class {
    pub(super) const NONE: Self = Self(0);
    pub(super) const LOWER: Self = Self(1);
    pub(super) const UPPER: Self = Self(2);
    pub(super) const DIGIT: Self = Self(4);
    /// `_ - .`: inside words, between their parts.
    pub(super) const JOINT: Self = Self(8);
    /// ASCII white space and control characters: between tokens.
    pub(super) const SPACE: Self = Self(16);
    /// Above 0x7f: a part of a letter.
    pub(super) const WIDE: Self = Self(32);
    /// Inside words, but neither a hexadecimal digit nor `-`.
    pub(super) const NOT_HEX: Self = Self(64);
    pub(super) const LETTER: Self = Self(1 | 2 | 32);
    pub(super) const WORD: Self = Self(1 | 2 | 4 | 8 | 32);

    /// Whether they have a property in common.
    pub(super) const fn is(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn of(byte: u8) -> Self {
        match byte {
            b'a'..=b'f' => Self::LOWER,
            b'g'..=b'z' => Self::LOWER.or(Self::NOT_HEX),
            b'A'..=b'F' => Self::UPPER,
            b'G'..=b'Z' => Self::UPPER.or(Self::NOT_HEX),
            b'0'..=b'9' => Self::DIGIT,
            b'-' => Self::JOINT,
            b'_' | b'.' => Self::JOINT.or(Self::NOT_HEX),
            0..=b' ' | 0x7f => Self::SPACE,
            0x80.. => Self::WIDE.or(Self::NOT_HEX),
            _ => Self::NONE,
        }
    }
}

/// The class of every byte.
pub(super) struct Classes([Class; 256]);

impl Classes {
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
    pub(super) fn of(&self, byte: u8) -> Class {
        self.0[usize::from(byte)]
    }
}

pub(super) static CLASS: Classes = Classes(table());

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn table() -> [Class; 256] {
    let mut table = [Class::NONE; 256];
    let mut byte = 0_u8;
    loop {
        table[byte as usize] = Class::of(byte);
        if byte == u8::MAX {
            return table;
        }
        byte += 1;
    }
}
