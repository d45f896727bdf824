//! How a function's code differs from that of an earlier version, file by file, as a unified diff with the newer file's line numbers.

use std::{collections::BTreeMap, fmt::Write as _};

use marple_case::{
    Facts,
    facts::{CodeDifference, FileChange, FileDifference, FunctionCode},
};
use similar::{Algorithm, ChangeTag, DiffOp, capture_diff_slices, group_diff_ops};

use super::{ReadPackage, code_file, failed, listing};
use crate::{
    fault::Fault,
    package::{Content, Library, Package, PackageFile},
    text,
    tool::Findings,
};

/// Lines of a pair of files, old and new, that are compared; finding the shortest difference takes up to the square of it.
const COMPARED: usize = 20_000;
/// Unchanged lines that are shown around a change.
const AROUND: usize = 3;
/// Lines of the differences of one file that are shown.
const SHOWN: usize = 200;
/// Files that are named, and libraries.
const NAMED: usize = 100;

/// The result: what became of `before` in `read`.
pub(super) async fn findings(before: ReadPackage, read: ReadPackage) -> Result<Findings, Fault> {
    let compared = tokio::task::spawn_blocking(move || compare(&before, read)).await;
    compared.map_err(|_| failed("the packages could not be compared".to_owned()))
}

fn compare(before: &ReadPackage, read: ReadPackage) -> Findings {
    let mut text = listing::head(&read.code, &read.package, read.handler.as_deref());
    let (from, sha256) = (&before.code.version, &before.code.code_sha256);
    let _ = writeln!(text, "compared with version {from}: {} bytes, sha256 {sha256}", before.code.package_size);
    let pairs = pairs(&before.package, &read.package);
    let mut compared = COMPARED;
    let differing: Vec<(&Pair<'_>, FileChange)> =
        pairs.values().filter_map(|pair| Some((pair, pair.change()?))).collect();
    let shown = differing.iter().take(NAMED);
    let differences: Vec<FileDifference> =
        shown.filter_map(|(pair, change)| pair.difference(*change, &mut text, &mut compared)).collect();
    if differing.len() > NAMED {
        let _ = writeln!(text, "[and {} more files differ]", differing.len() - NAMED);
    }
    let libraries = libraries(&before.package, &read.package, &mut text);
    if differing.is_empty() && libraries.is_empty() {
        text.push_str("no file differs (of files that are not read, the size was compared)\n");
    } else if pairs.len() > differing.len() {
        let same = (pairs.len() - differing.len()) as u64;
        let _ = writeln!(text, "{} of the function's own did not change", text::count(same, "file"));
    }
    let is_there = |difference: &FileDifference| difference.change != FileChange::Removed;
    let files = differences.iter().filter(|file| is_there(file));
    let files = files.filter_map(|file| Some(code_file(pairs.get(file.path.as_str())?.new?, true))).collect();
    let difference =
        CodeDifference { from_version: from.clone(), from_sha256: sha256.clone(), files: differences, libraries };
    let code = FunctionCode { files, difference: Some(difference), ..read.code };
    Findings::found(Facts::FunctionCode(code), text)
}

/// A file in the older package and in the newer one.
#[derive(Default)]
struct Pair<'a> {
    old: Option<&'a PackageFile>,
    new: Option<&'a PackageFile>,
}

fn pairs<'a>(before: &'a Package, now: &'a Package) -> BTreeMap<&'a str, Pair<'a>> {
    let mut pairs: BTreeMap<&str, Pair<'_>> = BTreeMap::new();
    for old in &before.files {
        pairs.entry(old.path.as_str()).or_default().old = Some(old);
    }
    for new in &now.files {
        pairs.entry(new.path.as_str()).or_default().new = Some(new);
    }
    pairs
}

impl Pair<'_> {
    /// What became of the file; `None`: nothing.
    fn change(&self) -> Option<FileChange> {
        match (self.old, self.new) {
            // Of what was not read, the size is all that is known.
            (Some(old), Some(new)) if old.size == new.size && old.content == new.content => None,
            (Some(_), Some(_)) => Some(FileChange::Changed),
            (None, _) => Some(FileChange::Added),
            (_, None) => Some(FileChange::Removed),
        }
    }

    /// The file's difference, which is also written to `text`. `compared` is the number of lines that may still be compared.
    fn difference(&self, change: FileChange, text: &mut String, compared: &mut usize) -> Option<FileDifference> {
        let path = self.new.or(self.old)?.path.clone();
        let sizes: Vec<String> = self.old.iter().chain(&self.new).map(|file| file.size.to_string()).collect();
        let _ = write!(text, "{}: {path} ({} bytes)", change.word(), sizes.join(" to "));
        let mut difference = FileDifference { path, change, new_lines: Vec::new(), gone_lines: 0 };
        let (Some(old), Some(new)) = (lines(self.old), lines(self.new)) else {
            let reason = self.old.iter().chain(&self.new).find_map(|file| match &file.content {
                Content::Unread(reason) => Some(reason.as_str()),
                Content::Text(_) => None,
            });
            let _ = writeln!(text, ", not read: {}", reason.unwrap_or("no text"));
            return Some(difference);
        };
        let Some(left) = compared.checked_sub(old.len() + new.len()) else {
            text.push_str(", too long to be compared by lines\n");
            return Some(difference);
        };
        *compared = left;
        let steps = capture_diff_slices(Algorithm::Myers, old, new);
        for line in steps.iter().flat_map(|step| step.iter_changes(old, new)) {
            match (line.tag(), line.new_index()) {
                (ChangeTag::Insert, Some(index)) => difference.new_lines.push(number(index)),
                (ChangeTag::Delete, _) => difference.gone_lines += 1,
                _ => {}
            }
        }
        let gone = text::count(u64::from(difference.gone_lines), "line");
        let _ = writeln!(text, ", {gone} gone, {} new", difference.new_lines.len());
        // A file that is gone is not shown: what runs is the newer package.
        if change != FileChange::Removed {
            shown(text, steps, old, new);
        }
        Some(difference)
    }
}

/// The lines of a text, none where there is no such file; `None`: it was not read.
fn lines(file: Option<&PackageFile>) -> Option<&[String]> {
    match file.map(|file| &file.content) {
        Some(Content::Text(lines)) => Some(lines),
        Some(Content::Unread(_)) => None,
        None => Some(&[]),
    }
}

/// From 1, as files are counted.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1)
}

/// The changes with what stands around them: new and unchanged lines with the newer file's numbers, gone ones with the older file's.
fn shown(text: &mut String, steps: Vec<DiffOp>, old: &[String], new: &[String]) {
    let mut room = SHOWN;
    for (place, group) in group_diff_ops(steps, AROUND).iter().enumerate() {
        if place > 0 {
            text.push_str("  ...\n");
        }
        for change in group.iter().flat_map(|step| step.iter_changes(old, new)) {
            let Some(left) = room.checked_sub(1) else {
                text.push_str("[more of this file differs: ask for it with file]\n");
                return;
            };
            room = left;
            let (sign, index) = match change.tag() {
                ChangeTag::Delete => ('-', change.old_index()),
                ChangeTag::Insert => ('+', change.new_index()),
                ChangeTag::Equal => (' ', change.new_index()),
            };
            let _ = writeln!(text, "{sign}{:>4} | {}", number(index.unwrap_or(0)), change.value_ref());
        }
    }
}

/// Libraries that differ in the number of their files or in their bytes, written to `text`.
fn libraries(before: &Package, now: &Package, text: &mut String) -> Vec<String> {
    let by_path = |package: &'_ Package| -> BTreeMap<String, (usize, u64)> {
        let entry = |library: &Library| (library.path.clone(), (library.files, library.bytes));
        package.libraries.iter().map(entry).collect()
    };
    let (old, new) = (by_path(before), by_path(now));
    let size = |entry: Option<&(usize, u64)>| match entry {
        Some((files, bytes)) => format!("{}, {bytes} bytes", text::count(*files as u64, "file")),
        None => "not there".to_owned(),
    };
    let paths: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut differing = Vec::new();
    for path in paths.into_iter().filter(|path| old.get(*path) != new.get(*path)) {
        if differing.len() == NAMED {
            text.push_str("[and more libraries like these]\n");
            break;
        }
        let _ = writeln!(text, "library changed: {path} ({}; before: {})", size(new.get(path)), size(old.get(path)));
        differing.push(path.clone());
    }
    differing
}

#[cfg(test)]
mod tests;
