//! Other names for resources, in contents and paths.

use std::collections::{BTreeMap, HashMap};

use super::{FUNCTIONS, STACKS, package_start};
use crate::Files;

/// Old name → new name.
pub type Names = BTreeMap<String, String>;

/// Gives resources other names in every file's content and in the parts of paths that are names.
///
/// A name is replaced where it stands as a word: neither letter, digit nor underscore next to it (`orders` is a word of
/// `orders-api` and of `lambda:orders`, not of `reorders`). Where several names begin, the longest wins, so that a name
/// inside another is safe as long as both are given. Files that are not UTF-8 text stay as they are.
///
/// Renaming back gives the same files if no new name stands in the old files.
#[must_use]
pub fn rename(files: &Files, names: &Names) -> Files {
    let renamer = Renamer::new(names);
    files
        .iter()
        .map(|(path, content)| {
            let path = renamer.path(path);
            match std::str::from_utf8(content) {
                Ok(text) => (path, renamer.text(text).into()),
                Err(_) => (path, content.clone()),
            }
        })
        .collect()
}

/// Replaces names in one pass.
pub(super) struct Renamer<'a> {
    /// By first byte, the longest first.
    by_first: HashMap<u8, Vec<(&'a str, &'a str)>>,
}

impl<'a> Renamer<'a> {
    pub(super) fn new(names: &'a Names) -> Self {
        let mut by_first: HashMap<u8, Vec<(&str, &str)>> = HashMap::new();
        for (old, new) in names {
            if let Some(first) = old.bytes().next() {
                by_first.entry(first).or_default().push((old, new));
            }
        }
        for candidates in by_first.values_mut() {
            candidates.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
        }
        Self { by_first }
    }

    /// A text with every name replaced.
    pub(super) fn text(&self, text: &str) -> String {
        let mut renamed = String::with_capacity(text.len());
        let mut kept_from = 0;
        let mut at = 0;
        while let Some(first) = text.as_bytes().get(at) {
            match self.name_at(text, at, *first) {
                Some((old, new)) => {
                    renamed.push_str(text.get(kept_from..at).unwrap_or_default());
                    renamed.push_str(new);
                    at += old.len();
                    kept_from = at;
                }
                None => at += 1,
            }
        }
        renamed.push_str(text.get(kept_from..).unwrap_or_default());
        renamed
    }

    fn name_at(&self, text: &str, at: usize, first: u8) -> Option<(&'a str, &'a str)> {
        let candidates = self.by_first.get(&first)?;
        let (before, rest) = (text.get(..at)?, text.get(at..)?);
        candidates.iter().copied().find(|(old, _)| {
            rest.strip_prefix(old).is_some_and(|after| is_free_before(before, old) && is_free_after(old, after))
        })
    }

    /// A path with its names replaced: a function's or stack's folder, files of a package, and files of log lines. All
    /// other parts of a path belong to the format.
    fn path(&self, path: &str) -> String {
        if let Some(start) = package_start(path)
            && let Some((head, file)) = path.split_at_checked(start)
        {
            return format!("{}{}", self.folder(head, FUNCTIONS).unwrap_or_default(), self.text(file));
        }
        if let Some(stem) = path.strip_prefix("world/logs/").and_then(|file| file.strip_suffix(".jsonl")) {
            return format!("world/logs/{}.jsonl", self.text(stem));
        }
        [FUNCTIONS, STACKS].iter().find_map(|folder| self.folder(path, folder)).unwrap_or_else(|| path.to_owned())
    }

    fn folder(&self, path: &str, folder: &str) -> Option<String> {
        let (name, rest) = path.strip_prefix(folder)?.split_once('/')?;
        Some(format!("{folder}{}/{rest}", self.text(name)))
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn is_free_before(before: &str, name: &str) -> bool {
    !name.chars().next().is_some_and(is_word)
        || !before.chars().next_back().is_some_and(is_word)
        || ends_with_escape(before)
}

/// `\n`, `\t` and the like of JSON, TOML and source code: their letter is not part of the word that follows.
fn ends_with_escape(before: &str) -> bool {
    matches!(before.as_bytes(), [.., b'\\', b'n' | b't' | b'r' | b'b' | b'f'])
}

fn is_free_after(name: &str, after: &str) -> bool {
    !name.chars().next_back().is_some_and(is_word) || !after.chars().next().is_some_and(is_word)
}
