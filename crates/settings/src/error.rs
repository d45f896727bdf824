//! What is wrong with a file: where, what, and what is allowed there.

use std::path::{Path, PathBuf};

/// A place in a file, both counted from 1; columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Position {
    /// The place of a byte.
    fn of(byte: usize, text: &str) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self { line: before.matches('\n').count() + 1, column: line.chars().count() + 1 }
    }
}

/// Why a file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// It is there, and cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// It is no TOML, or says what is not allowed.
    #[error("{}:{}:{}: {what}", path.display(), position.line, position.column)]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Where in it.
        position: Position,
        /// What is wrong, and what is allowed.
        what: String,
        /// Names that may have been meant, best first.
        near: Vec<String>,
    },
}

impl SettingsError {
    /// An error of TOML's reader. An unknown key comes with the keys that are nearest.
    pub(crate) fn of_toml(error: &toml::de::Error, text: &str, path: &Path) -> Self {
        let position = Position::of(error.span().map_or(0, |span| span.start), text);
        let message = error.message();
        // serde's words, in those of a file's author.
        let what = message
            .replace("unknown field", "unknown key")
            .replace("a nonzero u32", "a whole number above 0")
            .replace("a nonzero u64", "a whole number above 0")
            .replace("expected a map", "expected a table")
            .replace('\n', " ");
        let near = match message.strip_prefix("unknown field ") {
            // serde's message, "unknown field `x`, expected one of `a`, `b`", is the only place that names the keys.
            Some(names) => {
                let names: Vec<&str> = names.split('`').skip(1).step_by(2).collect();
                names.split_first().map(|(unknown, known)| nearest(unknown, known)).unwrap_or_default()
            }
            None => Vec::new(),
        };
        Self::Invalid { path: path.to_owned(), position, what, near }
    }

    /// Something that is not allowed, at a byte of the text.
    pub(crate) fn invalid(byte: usize, text: &str, path: &Path, what: String) -> Self {
        Self::Invalid { path: path.to_owned(), position: Position::of(byte, text), what, near: Vec::new() }
    }

    /// A name that means nothing, with those that exist.
    pub(crate) fn at(byte: usize, text: &str, path: &Path, what: String, name: &str, known: &[&str]) -> Self {
        let what = if known.is_empty() {
            format!("{what}: none is defined")
        } else {
            format!("{what}, expected one of {}", known.join(", "))
        };
        Self::Invalid { path: path.to_owned(), position: Position::of(byte, text), what, near: nearest(name, known) }
    }

    /// Names that may have been meant, best first.
    pub fn near(&self) -> &[String] {
        match self {
            Self::Unreadable { .. } => &[],
            Self::Invalid { near, .. } => near,
        }
    }
}

/// The known names that are like a name, best first, three at most.
pub(crate) fn nearest(name: &str, known: &[&str]) -> Vec<String> {
    /// Jaro-Winkler similarity from which two names are a slip of each other; "profil" and "profile" have 0.97, "names" and "role" 0.48.
    const ALIKE: f64 = 0.8;
    let mut near: Vec<(f64, &str)> = known.iter().map(|known| (strsim::jaro_winkler(name, known), *known)).collect();
    near.retain(|(score, _)| *score >= ALIKE);
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}
