//! Which functions of the same code a line calls, and what they hold.

use std::sync::LazyLock;

use regex::Regex;

use super::{CodeLine, loops::block_end};

static CALLED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b([A-Za-z_]\w*)\s*\(").ok());

/// The functions that a line calls and the code defines: each with all its lines, the head first.
pub(crate) fn functions_called<'l, 'a>(
    line: &CodeLine<'a>,
    lines: &'l [CodeLine<'a>],
) -> impl Iterator<Item = &'l [CodeLine<'a>]> {
    let pattern = CALLED.as_ref();
    let names = pattern.into_iter().flat_map(|called| called.captures_iter(line.text)).filter_map(|found| found.get(1));
    names.filter_map(|name| {
        let from = lines.get(lines.iter().position(|other| defines(other.text, name.as_str()))?..)?;
        let (head, last) = (from.first()?, block_end(from));
        let length = from.iter().take_while(|inside| inside.path() == head.path() && inside.number <= last).count();
        from.get(..length)
    })
}

/// Whether a line defines a function of that name.
fn defines(text: &str, name: &str) -> bool {
    let heads = ["function ", "def ", "func ", "const ", "let ", "var ", "static ", "private ", "public "];
    let at = text.find(name);
    let head = heads.iter().any(|head| text.trim_start().trim_start_matches("export ").starts_with(head));
    let method = text.trim_end().ends_with('{');
    let tail = at.and_then(|at| text.get(at + name.len()..)).map(str::trim_start).unwrap_or_default();
    let lead = at.and_then(|at| text.get(..at)).unwrap_or_default();
    let whole = lead.is_empty() || lead.ends_with([' ', '\t', ')']);
    let arrow = tail.starts_with('=') && (tail.contains("=>") || tail.contains("function") || tail.contains("lambda"));
    whole && (head || method) && (arrow || tail.starts_with('('))
}
