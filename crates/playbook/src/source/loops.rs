//! Loops whose bound is a literal, and loops that have none.
//!
//! A loop's body is told by its braces where its line opens one, else by indentation.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    CodeLine,
    number::{Constants, value},
};

/// A loop and the lines of its body.
#[derive(Debug, Clone)]
pub(crate) struct Loop<'a> {
    /// The line that begins it.
    pub(crate) line: CodeLine<'a>,
    /// How often its body runs; `None`: nothing bounds it.
    pub(crate) times: Option<f64>,
    /// The last line of its body.
    pub(crate) last: u32,
}

impl Loop<'_> {
    /// Whether a line stands in the body, or on the loop's own line.
    pub(crate) fn holds(&self, line: &CodeLine<'_>) -> bool {
        self.line.path() == line.path() && self.line.number <= line.number && line.number <= self.last
    }
}

static BOUNDED: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let patterns = [
        // for (let i = 0; i < N; i++), for i := 0; i < N; i++ {, for (int i = 0; i <= N; i += 1)
        r"\bfor\b[^;]*;\s*[\w.]+\s*<=?\s*([^;]+);",
        // for i in range(N), for _ in range(0, N), [… for i in range(N)]
        r"\bin\s+range\(\s*(?:0\s*,\s*)?([^,()]+?)\s*\)",
        // for i := range N {
        r"\bfor\s+(?:\w+\s*:=\s*)?range\s+(\d[\d_]*)\s*\{",
        // while (list.length < N)
        r"\bwhile\b\s*\(?[^<]*(?:length|size\(\)|len\([^)]*\)|Count|count|i|n)\s*<=?\s*([^){:]+)",
        // N.times do
        r"\b(\d[\d_]*)\.times\b",
        // Array.from({ length: N }, …)
        r"Array\.from\(\s*\{\s*length:\s*([^}]+?)\s*\}",
        // IntStream.range(0, N), Enumerable.Range(0, N)
        r"(?:IntStream\.range|Enumerable\.Range)\(\s*\d+\s*,\s*([^)]+?)\s*\)",
    ];
    patterns.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect()
});
static UNBOUNDED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\bwhile\s*\(?\s*(?:true|True|1)\s*\)?\s*[:{]|\bfor\s*\(\s*;\s*;\s*\)|^\s*for\s*\{|\bloop\s+do\b").ok()
});

/// The loops of one file's lines.
pub(crate) fn loops<'a>(lines: &[CodeLine<'a>], constants: &Constants) -> Vec<Loop<'a>> {
    let found = |(index, line): (usize, &CodeLine<'a>)| {
        let bounded = BOUNDED.iter().find_map(|pattern| {
            let bound = pattern.captures(line.text)?.get(1)?;
            value(bound.as_str(), constants)
        });
        let endless = UNBOUNDED.as_ref().is_some_and(|pattern| pattern.is_match(line.text));
        let rest = lines.get(index..).unwrap_or_default();
        (bounded.is_some() || endless).then(|| Loop { line: *line, times: bounded, last: block_end(rest) })
    };
    lines.iter().enumerate().filter_map(found).collect()
}

/// The last line of the block that the first line begins.
pub(crate) fn block_end(lines: &[CodeLine<'_>]) -> u32 {
    let Some(head) = lines.first() else { return 0 };
    let same_file = || lines.iter().take_while(|line| line.path() == head.path());
    let next_opens = lines.get(1).is_some_and(|next| next.text.trim() == "{");
    let balance = |text: &str| {
        let count = |c: char| i64::try_from(text.matches(c).count()).unwrap_or(i64::MAX);
        count('{') - count('}')
    };
    if balance(head.text) > 0 || next_opens {
        let mut depth = 0;
        let mut opened = false;
        for line in same_file() {
            depth += balance(line.text);
            opened |= line.text.contains('{');
            if opened && depth <= 0 {
                return line.number;
            }
        }
    }
    let inside = same_file().skip(1).take_while(|line| line.indent() > head.indent());
    inside.last().map_or(head.number, |line| line.number)
}
