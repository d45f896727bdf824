//! Reading source: small, honest readers of Node, Python, Java, Go, C# and Ruby lines. No parser: regular expressions over lines,
//! block extents by braces or indentation. Each reader says what it saw and quotes the line; what it cannot read, it leaves.
//!
//! | module | what it reads |
//! |---|---|
//! | [`number`] | literal numbers, products of them, named constants |
//! | [`imports`] | the line that imports a module |
//! | [`calls`] | functions of the same code that a line calls |
//! | [`outgoing`] | calls of something outside, and whether a time limit guards them |
//! | [`loops`] | loops with a literal bound, and loops without one |
//! | [`wait`] | the code's own waits of literal length |
//! | [`host`] | hosts written into the code, environment variables that it reads |
//! | [`allocation`] | what a loop keeps in memory, and how much that is |
//! | [`whole`] | lines that hold a whole result or body at once |
//! | [`provenance`] | where the value at a stack frame comes from |

use marple_case::{Citation, facts::CodeFile};

use crate::{
    cite,
    reading::{Case, Seen},
};

pub(crate) mod allocation;
pub(crate) mod calls;
pub(crate) mod host;
pub(crate) mod imports;
pub(crate) mod loops;
pub(crate) mod number;
pub(crate) mod outgoing;
pub(crate) mod provenance;
pub(crate) mod wait;
pub(crate) mod whole;

/// One line of code.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CodeLine<'a> {
    /// The file and where it was read.
    pub(crate) file: Seen<'a, CodeFile>,
    /// From 1.
    pub(crate) number: u32,
    /// The line as it is.
    pub(crate) text: &'a str,
}

impl<'a> CodeLine<'a> {
    /// Quotes the line.
    pub(crate) fn cite(&self) -> Option<Citation> {
        cite::code(self.file.evidence, self.number, self.text)
    }

    /// `index.js line 4`.
    pub(crate) fn place(&self) -> String {
        format!("{} line {}", self.file.fact.path, self.number)
    }

    /// The file's path.
    pub(crate) fn path(&self) -> &'a str {
        &self.file.fact.path
    }

    /// Columns of white space before the first character; a tab counts four.
    pub(crate) fn indent(&self) -> usize {
        let space = |c: char| if c == '\t' { 4 } else { 1 };
        self.text.chars().take_while(|c| c.is_whitespace()).map(space).sum()
    }

    /// Whether the line is empty or only a comment.
    pub(crate) fn is_blank(&self) -> bool {
        let text = self.text.trim_start();
        text.is_empty() || ["//", "#", "*", "/*", "--"].iter().any(|mark| text.starts_with(mark))
    }
}

/// All lines of a file that hold code.
pub(crate) fn code_lines<'a>(file: Seen<'a, CodeFile>) -> Vec<CodeLine<'a>> {
    let lines = file.fact.lines.iter().flatten().enumerate();
    let line = |(index, text): (usize, &'a String)| CodeLine {
        file,
        number: u32::try_from(index + 1).unwrap_or(u32::MAX),
        text,
    };
    lines.map(line).filter(|line| !line.is_blank()).collect()
}

/// Whether a file holds source, by its name.
pub(crate) fn is_source(path: &str) -> bool {
    const SOURCE: [&str; 12] =
        [".js", ".mjs", ".cjs", ".ts", ".py", ".java", ".kt", ".go", ".cs", ".rb", ".scala", ".jsx"];
    SOURCE.iter().any(|end| path.ends_with(end))
}

/// All lines of code of the function's own that were read: source files only, no documents, locks or tests.
pub(crate) fn all_lines<'a>(case: &Case<'a>) -> Vec<CodeLine<'a>> {
    let mut seen: Vec<&str> = Vec::new();
    let mut lines = Vec::new();
    for file in case.sources() {
        if is_source(&file.fact.path) && !seen.contains(&file.fact.path.as_str()) {
            seen.push(&file.fact.path);
            lines.extend(code_lines(file));
        }
    }
    lines
}

/// Line `number` of a file, if it was read.
pub(crate) fn line_at<'a>(file: Seen<'a, CodeFile>, number: u32) -> Option<CodeLine<'a>> {
    let index = usize::try_from(number.checked_sub(1)?).ok()?;
    let text = file.fact.lines.as_ref()?.get(index)?;
    Some(CodeLine { file, number, text })
}
