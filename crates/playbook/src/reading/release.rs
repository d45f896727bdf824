//! What the newest release changed in a function's code, where the version from before could still be read.

use marple_case::{
    Citation,
    facts::{CodeDifference, FileChange, FileDifference, FunctionCode},
};

use super::{Case, Seen};
use crate::{
    cite,
    source::{CodeLine, is_source, line_at},
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

    /// The new line that runs when the code is loaded, and with it at each cold start; of one source file, where no other was touched.
    pub(crate) fn at_load(&self) -> Option<CodeLine<'a>> {
        self.statements().into_iter().find(runs_at_load)
    }

    /// The first new line that does something, of one source file, where no other was touched.
    pub(crate) fn first_statement(&self) -> Option<CodeLine<'a>> {
        self.statements().into_iter().find(does_something)
    }

    /// The lines of code that are new, if one source file alone has any.
    fn statements(&self) -> Vec<CodeLine<'a>> {
        let written = |file: &&FileDifference| is_source(&file.path) && file.change != FileChange::Removed;
        let mut files = self.difference.files.iter().filter(written);
        let (Some(only), None) = (files.next(), files.next()) else { return Vec::new() };
        let Some(fact) = self.code.fact.files.iter().find(|file| file.path == only.path) else { return Vec::new() };
        let file = Seen { evidence: self.code.evidence, fact };
        let lines = only.new_lines.iter().filter_map(|number| line_at(file, *number));
        lines.filter(|line| !line.is_blank()).collect()
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

/// Whether a line is a statement: no import, no head of a definition, no bracket alone.
fn does_something(line: &CodeLine<'_>) -> bool {
    const HEADS: [&str; 17] = [
        "import ",
        "from ",
        "require",
        "use ",
        "using ",
        "package ",
        "def ",
        "async def ",
        "class ",
        "function ",
        "async function ",
        "export ",
        "module.exports",
        "exports.",
        "@",
        "\"\"\"",
        "'''",
    ];
    let text = line.text.trim_start();
    let is_import = text.contains("require(") || text.contains(" from '") || text.contains(" from \"");
    let is_word = text.contains(|c: char| c.is_alphanumeric());
    is_word && !is_import && !HEADS.iter().any(|head| text.starts_with(head))
}

/// Whether a line runs while its module is loaded: it is not indented, and calls something.
fn runs_at_load(line: &CodeLine<'_>) -> bool {
    let scripted = [".py", ".js", ".mjs", ".cjs", ".ts", ".rb"].iter().any(|end| line.path().ends_with(end));
    let defines = line.text.contains("=>") || line.text.contains("function");
    scripted && line.indent() == 0 && does_something(line) && line.text.contains('(') && !defines
}
