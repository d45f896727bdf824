//! What is wrong with a scenario's files: always the file, and the line where there is one.

/// A scenario that cannot be played as it stands. Its text is for the author of the scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// A file that has to be there is not.
    #[error("{file} is missing")]
    Missing {
        /// Path in the scenario's folder.
        file: String,
    },
    /// A line that cannot be read.
    #[error("{file}:{line}: {what}")]
    Malformed {
        /// Path in the scenario's folder.
        file: String,
        /// From 1.
        line: usize,
        /// What is wrong, and which keys exist if one is unknown.
        what: String,
    },
    /// A file that can be read but makes no sense.
    #[error("{file}: {what}")]
    Invalid {
        /// Path in the scenario's folder.
        file: String,
        /// What is wrong.
        what: String,
    },
}

impl ScenarioError {
    /// The file that it is about: its path in the scenario's folder.
    #[must_use]
    pub fn file(&self) -> &str {
        match self {
            Self::Missing { file } | Self::Malformed { file, .. } | Self::Invalid { file, .. } => file,
        }
    }

    /// What a JSON parser says, without its own place in what it says: one line number is enough.
    pub(crate) fn of_json(file: &str, line: usize, error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
        Self::Malformed { file: file.to_owned(), line, what: what.to_owned() }
    }

    /// An error at a byte offset of a file.
    pub(crate) fn at_offset(file: &str, content: &[u8], offset: usize, what: &str) -> Self {
        let line = 1 + content.iter().take(offset).filter(|byte| **byte == b'\n').count();
        Self::Malformed { file: file.to_owned(), line, what: what.to_owned() }
    }

    /// A text file that is not UTF-8.
    pub(crate) fn not_utf8(file: &str, content: &[u8], error: &std::str::Utf8Error) -> Self {
        Self::at_offset(file, content, error.valid_up_to(), "not UTF-8 text")
    }
}
