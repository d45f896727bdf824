//! What the newest release changed in a function's code, where the version from before could still be read.

use marple_case::{
    Citation,
    facts::{CodeDifference, FileChange, FileDifference, FunctionCode},
};

use super::{Case, Seen};
use crate::{
    cite,
    source::{CodeLine, calls::functions_called, code_lines, is_source},
};

/// Files of a release that are named.
const NAMED: usize = 3;

/// A release: the code that runs, compared with that of the version before it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Release<'a> {
    code: Seen<'a, FunctionCode>,
    difference: &'a CodeDifference,
}

impl<'a> Case<'a> {
    /// What the newest release changed in the code of the function in question.
    pub(crate) fn release(&self) -> Option<Release<'a>> {
        let of = |code: &Seen<'a, FunctionCode>| {
            let difference = code.fact.difference.as_ref().filter(|difference| !difference.files.is_empty())?;
            Some(Release { code: *code, difference })
        };
        self.compared.iter().find_map(of)
    }
}

impl<'a> Release<'a> {
    /// `tables.py (14 lines new, 8 gone), points.csv (added)`.
    pub(crate) fn in_words(&self) -> String {
        let mut words: Vec<String> = self.named().map(file_in_words).collect();
        let more = self.difference.files.len().saturating_sub(NAMED);
        if more > 0 {
            words.push(format!("{more} more"));
        }
        words.join(", ")
    }

    /// The version from before.
    pub(crate) fn earlier_version(&self) -> &'a str {
        &self.difference.from_version
    }

    /// Quotes the head lines of the files that differ.
    pub(crate) fn citations(&self) -> Vec<Option<Citation>> {
        let head = |file: &FileDifference| {
            cite::line(self.code.evidence, &[&format!("{}: {} (", file.change.word(), file.path)])
        };
        self.named().map(head).collect()
    }

    /// Whether it wrote a line of a file.
    pub(crate) fn wrote(&self, file: &str, line: u32) -> bool {
        self.difference.files.iter().any(|one| one.path == file && one.new_lines.contains(&line))
    }

    /// The line that runs while the code is loaded, and with it at each cold start, and calls a function that the release wrote or rewrote.
    pub(crate) fn at_load(&self) -> Option<CodeLine<'a>> {
        let written = self.difference.files.iter().filter(|file| file.change != FileChange::Removed);
        written.filter(|file| is_source(&file.path)).find_map(|written| {
            let fact = self.code.fact.files.iter().find(|file| file.path == written.path)?;
            let lines = code_lines(Seen { evidence: self.code.evidence, fact });
            let is_new = |line: &CodeLine<'_>| written.new_lines.contains(&line.number);
            let calls_new = |line: &&CodeLine<'_>| functions_called(line, &lines).any(|body| body.iter().any(is_new));
            lines.iter().filter(|line| runs_at_load(line)).find(calls_new).copied().filter(|line| line.cite().is_some())
        })
    }

    fn named(&self) -> impl Iterator<Item = &'a FileDifference> {
        self.difference.files.iter().take(NAMED)
    }
}

fn file_in_words(file: &FileDifference) -> String {
    let (path, new, gone) = (&file.path, file.new_lines.len(), file.gone_lines);
    match file.change {
        FileChange::Changed if new > 0 || gone > 0 => format!("{path} ({new} lines new, {gone} gone)"),
        change => format!("{path} ({})", change.word()),
    }
}

/// Whether a line runs while its module is loaded: it stands outside of all definitions, and is none.
fn runs_at_load(line: &CodeLine<'_>) -> bool {
    const SCRIPTS: [&str; 6] = [".py", ".js", ".mjs", ".cjs", ".ts", ".rb"];
    const DEFINITIONS: [&str; 6] = ["def ", "async def ", "class ", "function ", "async function ", "export "];
    let defines = DEFINITIONS.iter().any(|head| line.text.starts_with(head)) || line.text.contains("=>");
    line.indent() == 0 && !defines && SCRIPTS.iter().any(|end| line.path().ends_with(end))
}
