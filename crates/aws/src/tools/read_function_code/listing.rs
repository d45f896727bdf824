//! What is shown of a package: the listing, then the function's own files with numbered lines.

use std::fmt::Write as _;

use marple_case::{
    Facts,
    facts::{CodeFile, FunctionCode},
};

use super::{Args, code_file};
use crate::{
    package::{Content, Package, PackageFile, names},
    text,
    tool::Findings,
};

/// Bytes of code that a text holds without a file being asked for.
const CODE: usize = 64 * 1024;
/// Entries of each sort that are listed.
const ENTRIES: usize = 60;

/// Whether lines of this file are settings, not statements.
pub(super) fn is_configuration(path: &str) -> bool {
    const ENDS: [&str; 8] = [".env", ".yaml", ".yml", ".ini", ".properties", ".toml", ".cfg", ".conf"];
    ENDS.iter().any(|end| path.ends_with(end)) || path.rsplit('/').next().is_some_and(|name| name.starts_with(".env"))
}

/// The result: the whole package, or what `args` point at.
pub(super) fn findings(args: &Args, code: FunctionCode, package: &Package, handler: Option<&str>) -> Findings {
    let head = head(&code, package, handler);
    match &args.file {
        Some(named) => match package.files.iter().find(|file| names(named, &file.path)) {
            Some(file) => one_file(args, code, file, head),
            None => no_file(named, code, package, &head),
        },
        None => all_files(code, package, handler, head),
    }
}

/// Which function, which version, which package.
pub(super) fn head(code: &FunctionCode, package: &Package, handler: Option<&str>) -> String {
    let libraries: usize = package.libraries.iter().map(|library| library.files).sum();
    let files = text::count((package.files.len() + libraries) as u64, "file");
    let mut head = format!("function: {}, version {}", code.function, code.version);
    if let Some(handler) = handler {
        let _ = write!(head, ", handler {handler}");
    }
    let _ = write!(head, "\npackage: {} bytes, sha256 {}, {files}\n", code.package_size, code.code_sha256);
    head
}

fn one_file(args: &Args, code: FunctionCode, file: &PackageFile, mut text: String) -> Findings {
    let region = args.line.map(|line| {
        let line = usize::try_from(line).unwrap_or(usize::MAX);
        let context = usize::try_from(args.context).unwrap_or(usize::MAX);
        (line.saturating_sub(context).max(1), line.saturating_add(context))
    });
    match &file.content {
        Content::Unread(reason) => {
            let _ = writeln!(text, "file: {} ({} bytes) is not shown: {reason}", file.path, file.size);
        }
        Content::Text(lines) => {
            let (first, last) = region.unwrap_or((1, lines.len()));
            let _ = write!(text, "file: {} ({} bytes)", file.path, file.size);
            if first > 1 || last < lines.len() {
                let _ = write!(text, ", lines {first} to {} of {}", last.min(lines.len()), lines.len());
            }
            text.push('\n');
            if first > lines.len() {
                let _ = writeln!(
                    text,
                    "[there is no line {}: the file has {}]",
                    first,
                    text::count(lines.len() as u64, "line")
                );
            }
            numbered(&mut text, lines, first, last, usize::MAX);
        }
    }
    let found = matches!(file.content, Content::Text(_));
    let facts = Facts::FunctionCode(FunctionCode { files: vec![code_file(file, true)], ..code });
    Findings { found, facts, text }
}

fn no_file(named: &str, code: FunctionCode, package: &Package, head: &str) -> Findings {
    let mut text = format!("no file named {named} in the package of function {}\n{head}", code.function);
    listed(&mut text, package.files.iter(), |file| format!("file: {} ({} bytes)", file.path, file.size));
    others(&mut text, package);
    let files = package.files.iter().map(|file| code_file(file, false)).collect();
    Findings { found: false, facts: Facts::FunctionCode(FunctionCode { files, ..code }), text }
}

fn all_files(code: FunctionCode, package: &Package, handler: Option<&str>, mut text: String) -> Findings {
    let mut files: Vec<&PackageFile> = package.files.iter().collect();
    // The handler's file is where every invocation begins.
    let module = handler.and_then(|handler| handler.rsplit_once('.')).map(|(module, _)| module);
    files.sort_by_key(|file| !module.is_some_and(|module| names(module, &file.path)));
    others(&mut text, package);
    let mut room = CODE;
    let mut facts: Vec<CodeFile> = Vec::with_capacity(files.len() + package.libraries.len());
    let mut left_out = Vec::new();
    for file in files {
        let Content::Text(lines) = &file.content else {
            facts.push(code_file(file, false));
            continue;
        };
        if room == 0 || (!facts.is_empty() && lines.iter().map(String::len).sum::<usize>() > room) {
            left_out.push((file, lines.len()));
            facts.push(code_file(file, false));
            continue;
        }
        let _ = writeln!(text, "file: {} ({} bytes)", file.path, file.size);
        let before = text.len();
        numbered(&mut text, lines, 1, lines.len(), room);
        room = room.saturating_sub(text.len() - before);
        facts.push(code_file(file, true));
    }
    listed(&mut text, left_out.iter(), |(file, lines)| {
        let lines = text::count(*lines as u64, "line");
        format!("file: {} ({} bytes), {lines}, not shown here: ask for it with file", file.path, file.size)
    });
    let library =
        |library: &crate::package::Library| CodeFile { path: library.path.clone(), size: library.bytes, lines: None };
    facts.extend(package.libraries.iter().map(library));
    let found = !facts.is_empty() || !package.refused.is_empty();
    if !found {
        text.push_str("the package holds no file\n");
    }
    Findings { found, facts: Facts::FunctionCode(FunctionCode { files: facts, ..code }), text }
}

/// Lines `first` to `last` with their numbers, until `room` bytes are used up.
fn numbered(text: &mut String, lines: &[String], first: usize, last: usize, room: usize) {
    let end = text.len().saturating_add(room);
    let region = lines.iter().enumerate().skip(first.saturating_sub(1)).take_while(|(index, _)| *index < last);
    for (index, line) in region {
        if text.len() > end {
            let _ = writeln!(
                text,
                "[lines {} to {} are not shown here: ask for them with file and line]",
                index + 1,
                lines.len()
            );
            return;
        }
        let _ = writeln!(text, "{:>4} | {line}", index + 1);
    }
}

/// What is in the package and not shown.
fn others(text: &mut String, package: &Package) {
    let unread = package.files.iter().filter_map(|file| match &file.content {
        Content::Unread(reason) => Some((file, reason)),
        Content::Text(_) => None,
    });
    listed(text, unread, |(file, reason)| format!("not read: {} ({} bytes): {reason}", file.path, file.size));
    listed(text, package.libraries.iter(), |library| {
        let files = text::count(library.files as u64, "file");
        format!("library: {} ({files}, {} bytes), not read", library.path, library.bytes)
    });
    listed(text, package.refused.iter(), |(path, reason)| format!("refused: {path}: {reason}"));
}

fn listed<T>(text: &mut String, items: impl Iterator<Item = T>, line: impl Fn(&T) -> String) {
    let mut items = items.peekable();
    for item in items.by_ref().take(ENTRIES) {
        let _ = writeln!(text, "{}", line(&item));
    }
    if items.peek().is_some() {
        let _ = writeln!(text, "[and {} more like these]", items.count());
    }
}
