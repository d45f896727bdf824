//! Commands that survive copying.
//!
//! A terminal copies a line that it wrapped itself as one line; a line end that we insert would break the command. So a
//! long command is either left long, or continued with a backslash, which a POSIX shell reads as nothing. It is continued only
//! before an option (` --`) outside quotes, and only where the quoting is plain to see.

use unicode_width::UnicodeWidthStr;

use crate::visible;

/// The columns by which continued lines are indented.
const CONTINUED: &str = "  ";

/// The lines of a command for so many columns. Lines that the command has itself stay apart and are left long.
pub fn lines(command: &str, width: usize) -> Vec<String> {
    let command = visible::text(command);
    let own: Vec<&str> =
        command.lines().map(|line| line.trim_end_matches(' ')).filter(|line| !line.trim().is_empty()).collect();
    match own.as_slice() {
        [one] if one.width() > width => continued(one, width),
        lines => lines.iter().map(|line| (*line).to_owned()).collect(),
    }
}

fn continued(command: &str, width: usize) -> Vec<String> {
    let Some(parts) = parts(command) else { return vec![command.to_owned()] };
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for part in parts {
        // Room for the space before the part and for the ` \` after it.
        if !line.is_empty() && line.width() + part.width() + 3 > width {
            lines.push(format!("{line} \\"));
            line = CONTINUED.to_owned();
        } else if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(part);
    }
    lines.push(line);
    lines
}

/// The command, split before its options. `None` where a shell might read the quoting otherwise than this does.
fn parts(command: &str) -> Option<Vec<&str>> {
    let is_unclear = ["$(", "`", "<<", " #", "$'", "$\""].iter().any(|sign| command.contains(sign));
    if is_unclear {
        return None;
    }
    let mut parts = Vec::new();
    let mut start = 0;
    let mut quote: Option<char> = None;
    let mut characters = command.char_indices();
    while let Some((position, character)) = characters.next() {
        match (quote, character) {
            (None | Some('"'), '\\') => {
                characters.next()?;
            }
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), character) if open == character => quote = None,
            (None, ' ') if command.get(position + 1..).is_some_and(|rest| rest.starts_with("--")) => {
                parts.push(command.get(start..position)?);
                start = position + 1;
            }
            _ => {}
        }
    }
    parts.push(command.get(start..)?);
    quote.is_none().then_some(parts)
}

#[cfg(test)]
mod tests;
