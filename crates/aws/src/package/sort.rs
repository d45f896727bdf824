//! What a file of a package is, by its path and its first bytes: the function's own text, a library's, or nothing to read.

/// Folders of libraries, by the package managers of Lambda's runtimes: npm, pip, Bundler, Composer and Go, native parts.
const LIBRARY_FOLDERS: [&str; 9] = [
    "node_modules",
    "site-packages",
    "dist-packages",
    "vendor",
    "bower_components",
    "__pycache__",
    "lib64",
    ".yarn",
    "bin",
];

/// Ends of folders that pip writes next to each library.
const LIBRARY_ENDS: [&str; 4] = [".dist-info", ".egg-info", ".libs", ".data"];

/// Ends of files that are libraries as a whole.
const LIBRARY_FILES: [&str; 7] = [".jar", ".whl", ".egg", ".so", ".dll", ".dylib", ".node"];

/// Ends of files that are never text worth reading.
const BINARY: [&str; 22] = [
    ".png", ".jpg", ".jpeg", ".gif", ".ico", ".webp", ".pdf", ".zip", ".gz", ".tgz", ".tar", ".class", ".pyc", ".wasm",
    ".woff", ".woff2", ".ttf", ".mp4", ".mp3", ".bin", ".sqlite", ".pdb",
];

/// The longest line that is kept whole, bytes: a longer one was written by a minifier.
const LINE: usize = 2_000;

/// What a file is, by its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort<'a> {
    /// The function's own.
    Own,
    /// A library's: its folder (ending in `/`) or the file itself.
    Library(&'a str),
    /// Not worth reading, and why.
    Unread(&'static str),
}

/// Sorts a path.
pub(super) fn sort(path: &str) -> Sort<'_> {
    let lower = path.to_ascii_lowercase();
    if let Some(folder) = library_folder(path) {
        return Sort::Library(folder);
    }
    // Versioned shared objects too: libpq.so.5.
    if LIBRARY_FILES.iter().any(|end| lower.ends_with(end)) || lower.contains(".so.") {
        return Sort::Library(path);
    }
    match () {
        () if lower.ends_with(".map") => Sort::Unread("source map"),
        () if BINARY.iter().any(|end| lower.ends_with(end)) => Sort::Unread("binary"),
        () => Sort::Own,
    }
}

/// The path up to the first folder of libraries, with that folder.
fn library_folder(path: &str) -> Option<&str> {
    let mut end = 0;
    let folders = path.rsplit_once('/')?.0;
    for folder in folders.split('/') {
        end += folder.len() + 1;
        if LIBRARY_FOLDERS.contains(&folder) || LIBRARY_ENDS.iter().any(|suffix| folder.ends_with(suffix)) {
            return path.get(..end);
        }
    }
    None
}

/// The lines, if the bytes are text: UTF-8 without NUL and with hardly any other control character.
pub(super) fn text(bytes: Vec<u8>) -> Option<Vec<String>> {
    let text = String::from_utf8(bytes).ok()?;
    let controls =
        text.chars().filter(|character| character.is_control() && !"\n\r\t\x0c".contains(*character)).count();
    if text.contains('\0') || controls * 100 > text.len() {
        return None;
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Some(text.lines().map(cut).collect())
}

fn cut(line: &str) -> String {
    let end = line.floor_char_boundary(LINE);
    match line.get(..end) {
        Some(kept) if kept.len() < line.len() => {
            format!("{kept}… [{} more bytes in this line]", line.len() - kept.len())
        }
        _ => line.to_owned(),
    }
}

/// Whether `named` (of a stack trace, a handler or a person) means the file at `path`: the path itself, its end, or its
/// module name. `/var/task/index.js`, `file:///var/task/index.js` and `./index.js` mean `index.js`; `app.jobs.daily` means
/// `app/jobs/daily.py`.
pub(crate) fn names(named: &str, path: &str) -> bool {
    let named = named.strip_prefix("file://").unwrap_or(named);
    let named = named.strip_prefix("/var/task/").or_else(|| named.strip_prefix("./")).unwrap_or(named);
    let ends =
        |long: &str, short: &str| long == short || long.strip_suffix(short).is_some_and(|rest| rest.ends_with('/'));
    if ends(named, path) || ends(path, named) {
        return true;
    }
    let Some((stem, "js" | "mjs" | "cjs" | "ts" | "py" | "rb")) = path.rsplit_once('.') else { return false };
    let module = stem.strip_suffix("/__init__").unwrap_or(stem);
    !named.is_empty() && (module == named || module.replace('/', ".") == named)
}
