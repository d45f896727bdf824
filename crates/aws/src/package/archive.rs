//! Reads a zip archive that nobody vouches for.

use std::io::{Cursor, Read};

use zip::{ZipArchive, read::ZipFile};

use super::{
    Content, Library, Limits, Package, PackageError, PackageFile,
    sort::{self, Sort},
};

/// The signature of an entry in a zip's central directory.
const ENTRY: &[u8] = b"PK\x01\x02";

/// Signatures of entries may also stand in archives inside the archive: so many times the limit are looked at before it is refused.
const NESTED: usize = 8;

/// The size from which on the ratio is looked at, bytes: small files of blanks pack well and do no harm.
const RATIO_FROM: u64 = 1 << 20;

/// Reads a package.
///
/// # Errors
/// [`PackageError`]: the archive is unreadable, or larger than the limits allow.
pub(crate) fn read(zipped: &[u8], limits: Limits) -> Result<Package, PackageError> {
    if zipped.len() > limits.zipped {
        return Err(PackageError::TooLarge { limit: limits.zipped as u64 });
    }
    let too_many = PackageError::TooMany { limit: limits.entries };
    // Before the archive's directory is parsed: what it takes in memory follows from the number of its entries.
    if zipped
        .windows(ENTRY.len())
        .filter(|window| *window == ENTRY)
        .nth(limits.entries.saturating_mul(NESTED))
        .is_some()
    {
        return Err(too_many);
    }
    let mut archive = ZipArchive::new(Cursor::new(zipped)).map_err(|error| PackageError::NotAZip(error.to_string()))?;
    if archive.len() > limits.entries {
        return Err(too_many);
    }
    let mut reading = Reading { package: Package::default(), declared: 0, read: 0, limits };
    if archive.has_duplicate_names() {
        let reason = "some names occur more than once; of each, the last entry was read".to_owned();
        reading.package.refused.push(("(duplicates)".to_owned(), reason));
    }
    for index in 0..archive.len() {
        let named = archive.by_index_data(index).map(|entry| (entry.name_raw().to_owned(), entry.encrypted()));
        let (name, encrypted) = named.unwrap_or_default();
        match archive.by_index(index) {
            Ok(entry) => reading.entry(entry)?,
            // Encrypted, packed in a way that Lambda does not take, or damaged.
            Err(_) if encrypted => reading.refuse(&name, "encrypted"),
            Err(error) => reading.refuse(&name, &error.to_string()),
        }
    }
    let mut package = reading.package;
    package.files.sort_by(|a, b| a.path.cmp(&b.path));
    package.libraries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(package)
}

struct Reading {
    package: Package,
    declared: u64,
    read: u64,
    limits: Limits,
}

impl Reading {
    fn entry(&mut self, mut entry: ZipFile<'_, Cursor<&[u8]>>) -> Result<(), PackageError> {
        let path = match checked_path(entry.name_raw(), entry.is_symlink()) {
            Ok(path) => path,
            Err(reason) => {
                self.refuse(entry.name_raw(), reason);
                return Ok(());
            }
        };
        if entry.is_dir() {
            return Ok(());
        }
        self.declared = self.declared.saturating_add(entry.size());
        if self.declared > self.limits.declared {
            return Err(PackageError::TooLarge { limit: self.limits.declared });
        }
        if entry.encrypted() {
            self.refuse(path.as_bytes(), "encrypted");
            return Ok(());
        }
        let size = entry.size();
        let content = match sort::sort(&path) {
            Sort::Library(folder) => {
                self.library(folder, size);
                return Ok(());
            }
            Sort::Unread(reason) => Content::Unread(reason.to_owned()),
            Sort::Own => self.content(&path, &mut entry)?,
        };
        self.package.files.push(PackageFile { path, size, content });
        Ok(())
    }

    /// Unpacks a file. What the archive says of its size is not believed: the limits are of what comes out.
    fn content(&mut self, path: &str, entry: &mut ZipFile<'_, Cursor<&[u8]>>) -> Result<Content, PackageError> {
        let limit = self.limits.file.min(self.limits.read.saturating_sub(self.read));
        if entry.size() > limit {
            return Ok(Content::Unread(format!("more than {limit} bytes")));
        }
        let packed = entry.compressed_size().max(1);
        let mut unpacked = Vec::new();
        if let Err(error) = entry.by_ref().take(limit + 1).read_to_end(&mut unpacked) {
            return Ok(Content::Unread(format!("damaged: {error}")));
        }
        let length = unpacked.len() as u64;
        if length > RATIO_FROM && length / packed > self.limits.ratio {
            return Err(PackageError::Bomb { path: path.to_owned(), ratio: self.limits.ratio });
        }
        if length > limit {
            return Ok(Content::Unread(format!("more than {limit} bytes")));
        }
        self.read += length;
        Ok(sort::text(unpacked).map_or_else(|| Content::Unread("binary".to_owned()), Content::Text))
    }

    fn library(&mut self, path: &str, size: u64) {
        match self.package.libraries.iter_mut().find(|library| library.path == path) {
            Some(library) => {
                library.files += 1;
                library.bytes = library.bytes.saturating_add(size);
            }
            None => self.package.libraries.push(Library { path: path.to_owned(), files: 1, bytes: size }),
        }
    }

    fn refuse(&mut self, raw_path: &[u8], reason: &str) {
        let path = String::from_utf8_lossy(raw_path).escape_debug().to_string();
        self.package.refused.push((path, reason.to_owned()));
    }
}

/// The path of an entry, if it is a plain one inside the package.
fn checked_path(raw: &[u8], is_link: bool) -> Result<String, &'static str> {
    let Ok(path) = std::str::from_utf8(raw) else { return Err("its name is not UTF-8") };
    let drive = path.as_bytes().get(1) == Some(&b':') && path.starts_with(|first: char| first.is_ascii_alphabetic());
    if is_link {
        return Err("a symbolic link");
    }
    if path.is_empty() || path.starts_with('/') || drive {
        return Err("an absolute path");
    }
    if path.contains('\\') {
        return Err("a backslash in its path");
    }
    if path.chars().any(char::is_control) {
        return Err("a control character in its path");
    }
    if path.split('/').any(|part| part == "..") {
        return Err("a path that leaves the package");
    }
    Ok(path.strip_prefix("./").unwrap_or(path).to_owned())
}
