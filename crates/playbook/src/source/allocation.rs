//! What code keeps in memory, as far as literals tell it: a loop of literal length that keeps an item of literal size.
//!
//! The estimate is of the payload alone (bytes of characters or buffers); a runtime's own overhead comes on top, so it is a lower bound
//! for what the runtime needs if it holds the items flat.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    CodeLine,
    calls::functions_called,
    loops::{Loop, loops},
    number::{self, Constants, constants, value},
};

/// An allocation.
#[derive(Debug, Clone)]
pub(crate) struct Allocation<'a> {
    /// The loop that repeats it; `None`: one large piece.
    pub(crate) around: Option<CodeLine<'a>>,
    /// The line that keeps the item.
    pub(crate) item: CodeLine<'a>,
    /// The line that gives its size, where that is another one.
    pub(crate) sized: Option<CodeLine<'a>>,
    /// How many items; `None`: nothing bounds the loop.
    pub(crate) count: Option<f64>,
    /// Bytes an item; `None`: not legible.
    pub(crate) each: Option<f64>,
}

impl Allocation<'_> {
    /// Bytes in all, where legible.
    pub(crate) fn total(&self) -> Option<f64> {
        Some(self.count? * self.each?)
    }

    /// `5,000,000 items of 500 bytes, about 2.5 GB`.
    pub(crate) fn in_words(&self) -> String {
        match (self.count, self.each) {
            (Some(1.0), Some(each)) => format!("one piece of {}", number::bytes(each)),
            (Some(count), Some(each)) => format!(
                "{} items of {} bytes, about {}",
                number::grouped(count),
                number::grouped(each),
                number::bytes(count * each)
            ),
            (Some(count), None) => format!("{} items, whose size is not legible in the code", number::grouped(count)),
            (None, Some(each)) => format!("items of {} without any bound", number::bytes(each)),
            (None, None) => "items without any bound".to_owned(),
        }
    }
}

static SIZES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let patterns = [
        // 'x'.repeat(500), "x".repeat(500), strings.Repeat("x", 500), new string('x', 500), String.new('x' * 500)
        r#"['"`](?<unit>[^'"`]+)['"`]\.repeat\(\s*(?<n>[^()]+?)\s*\)"#,
        r#"strings\.Repeat\("(?<unit>[^"]+)",\s*(?<n>[^()]+?)\s*\)"#,
        r"bytes\.Repeat\([^,]+,\s*(?<n>[^()]+?)\s*\)",
        r"new\s+[sS]tring\(\s*'.'\s*,\s*(?<n>[^()]+?)\s*\)",
        // 'x'.padEnd(500), "x".PadRight(500)
        r"\.(?:padEnd|padStart|PadRight|PadLeft|ljust|rjust)\(\s*(?<n>[^(),]+?)\s*[,)]",
        // 'x' * 500, b'\x00' * 1024
        r#"b?['"](?:(?<unit>[^'"\\]+)|\\x[0-9a-fA-F]{2}|\\.)['"]\s*\*\s*(?<n>\(?\w[\w.*<]*(?:\s*(?:\*|<<)\s*\w+)*\)?)"#,
        // Buffer.alloc(10 * 1024 * 1024), new Uint8Array(n), bytearray(n), bytes(n)
        r"Buffer\.alloc(?:Unsafe)?\(\s*(?<n>[^(),]+?)\s*[,)]",
        r"new\s+(?:Uint8Array|ArrayBuffer)\(\s*(?<n>[^()]+?)\s*\)",
        r"\b(?:bytearray|os\.urandom|randomBytes|token_bytes)\(\s*(?<n>[^()]+?)\s*\)",
        // new byte[n], make([]byte, n)
        r"new\s+byte\[\s*(?<n>[^\]]+?)\s*\]",
        r"make\(\[\]byte,\s*(?<n>[^(),]+?)\s*[,)]",
    ];
    patterns.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect()
});
static KEEPS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\.push\(|\.append\(|\bappend\(|\.add\(|\.Add\(|\.put\(|\.set\(|\.concat\(|<<\s*\w|\w\[[^\]]+\]\s*=[^=]|\+=|Array\.from|\]\s*$|\[.*\bfor\b.*\bin\b").ok()
});
/// A size below this, bytes in all, is not worth a claim.
const WORTH: f64 = 16e6;

/// The allocations of the given lines, largest first; unbounded ones first of all.
pub(crate) fn allocations<'a>(lines: &[CodeLine<'a>]) -> Vec<Allocation<'a>> {
    let constants = constants(lines);
    let loops = loops(lines, &constants);
    let mut found: Vec<Allocation<'a>> = Vec::new();
    for line in lines {
        let around: Vec<&Loop<'a>> = loops.iter().filter(|around| around.holds(line)).collect();
        found.extend(in_loops(line, &around, lines, &constants).or_else(|| in_one_piece(line, &constants)));
    }
    let weight = |allocation: &Allocation<'_>| match allocation.count {
        None => f64::INFINITY,
        Some(count) => allocation.total().unwrap_or(count),
    };
    found.retain(|allocation| allocation.total().unwrap_or(WORTH) >= WORTH);
    found.sort_by(|one, other| weight(other).total_cmp(&weight(one)));
    found
}

fn in_loops<'a>(
    line: &CodeLine<'a>,
    around: &[&Loop<'a>],
    lines: &[CodeLine<'a>],
    constants: &Constants,
) -> Option<Allocation<'a>> {
    let outermost = around.first()?;
    let keeps = KEEPS.as_ref().is_some_and(|pattern| pattern.is_match(line.text));
    let counter = line.number == outermost.line.number && size(line.text, constants).is_none();
    if !keeps || counter || leaves(outermost, lines) {
        return None;
    }
    let bounds: Option<Vec<f64>> = around.iter().map(|around| around.times).collect();
    let count: Option<f64> = bounds.map(|bounds| bounds.into_iter().product());
    let elsewhere = || {
        let named = size_of_name(line, outermost, lines, constants);
        named.or_else(|| size_of_call(line, lines, constants)).map(|(size, made)| (size, Some(made)))
    };
    let (each, sized) = size(line.text, constants).map(|size| (size, None)).or_else(elsewhere).unzip();
    let literal = each.is_some() || count.is_none_or(|count| count >= 100_000.0);
    literal.then_some(Allocation { around: Some(outermost.line), item: *line, sized: sized.flatten(), count, each })
}

fn in_one_piece<'a>(line: &CodeLine<'a>, constants: &Constants) -> Option<Allocation<'a>> {
    let each = size(line.text, constants).filter(|each| *each >= WORTH)?;
    Some(Allocation { around: None, item: *line, sized: None, count: Some(1.0), each: Some(each) })
}

/// Whether an endless loop has a way out, so that nothing can be said of its length.
fn leaves(around: &Loop<'_>, lines: &[CodeLine<'_>]) -> bool {
    let out = ["break", "return", "raise", "throw"];
    around.times.is_none()
        && lines.iter().any(|line| around.holds(line) && out.iter().any(|word| line.text.contains(word)))
}

/// The largest literal size on a line: pieces may nest (`padStart` inside `padEnd`), so their sum would claim too much.
fn size(text: &str, constants: &Constants) -> Option<f64> {
    let sizes = SIZES.iter().flat_map(|pattern| pattern.captures_iter(text));
    let values = sizes.filter_map(|found| {
        let unit = found.name("unit").map_or(1, |unit| unit.len());
        Some(value(found.name("n")?.as_str(), constants)? * unit as f64)
    });
    values.reduce(f64::max)
}

/// The size of an item that a line of the same loop made under a name: `const row = 'x'.repeat(500)`, then `rows.push(row)`.
fn size_of_name<'a>(
    line: &CodeLine<'a>,
    around: &Loop<'a>,
    lines: &[CodeLine<'a>],
    constants: &Constants,
) -> Option<(f64, CodeLine<'a>)> {
    let inside = lines.iter().filter(|other| around.holds(other) && other.number < line.number);
    let mut made = inside.filter_map(|other| {
        let size = size(other.text, constants)?;
        let (left, _) = other.text.split_once('=')?;
        let name = left.trim().trim_end_matches(':').rsplit([' ', '\t']).find(|word| !word.is_empty())?;
        line.text.contains(name).then_some((size, *other))
    });
    made.next_back()
}

/// The size of an item that a function of the same code makes: `rows.push(row(i))`, where `row` holds a literal size.
fn size_of_call<'a>(line: &CodeLine<'a>, lines: &[CodeLine<'a>], constants: &Constants) -> Option<(f64, CodeLine<'a>)> {
    let sizes = functions_called(line, lines).filter_map(|body| {
        let sizes = body.iter().filter_map(|inside| Some((size(inside.text, constants)?, *inside)));
        sizes.max_by(|one, other| one.0.total_cmp(&other.0))
    });
    sizes.max_by(|one, other| one.0.total_cmp(&other.0))
}
