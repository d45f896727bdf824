//! Deployment packages: fetched, read in memory, never executed.
//!
//! ```text
//! presigned URL ─▶ download (https, size and time limited) ─▶ archive (a zip that lies is refused) ─▶ Package
//!                                                                   sorts: own text, library, binary, refused
//! ```
//! A package comes from an account under investigation, and may be hostile: every limit below holds whatever the archive
//! claims of itself. Nothing is written to a disk; a path is only ever shown or compared.

mod archive;
pub(crate) mod download;
mod sort;
#[cfg(test)]
mod tests;

pub(crate) use archive::read;
pub(crate) use sort::names;

/// What a package may weigh. AWS's own limits are 50 MB zipped (direct upload) and 250 MB unpacked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes, zipped.
    pub zipped: usize,
    /// Entries of the archive.
    pub entries: usize,
    /// Bytes, unpacked, by the archive's own account.
    pub declared: u64,
    /// Bytes of one file that is read.
    pub file: u64,
    /// Bytes of all files that are read.
    pub read: u64,
    /// Unpacked over packed size of one file: beyond it, a file of more than 1 MB is a bomb. Source code packs 3 to 20 times.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { zipped: 64 << 20, entries: 50_000, declared: 256 << 20, file: 2 << 20, read: 16 << 20, ratio: 200 }
    }
}

/// A package as read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Package {
    /// Files that are the function's own, by path.
    pub files: Vec<PackageFile>,
    /// Folders and archives of libraries: listed, not read.
    pub libraries: Vec<Library>,
    /// Entries that were not taken, each with the reason. Paths have their control characters escaped.
    pub refused: Vec<(String, String)>,
}

/// A file of the function's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PackageFile {
    /// Path inside the package.
    pub path: String,
    /// Bytes, unpacked.
    pub size: u64,
    /// What is in it.
    pub content: Content,
}

/// What is in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// Lines of text, without their ends.
    Text(Vec<String>),
    /// Not read, for the reason given: `binary`, `source map`, `more than 2097152 bytes`.
    Unread(String),
}

/// Files of a library, together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Library {
    /// The folder, ending in `/`, or the library's archive.
    pub path: String,
    /// How many files.
    pub files: usize,
    /// Their bytes, unpacked.
    pub bytes: u64,
}

/// Why a package was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PackageError {
    /// The URL leads where a package is never fetched from.
    #[error("the package's URL is neither https nor on this machine: it was not fetched")]
    Address,
    /// The download failed.
    #[error("the package could not be downloaded: {0}")]
    Download(String),
    /// It is larger than Lambda allows.
    #[error("the package was refused: it is larger than {limit} bytes")]
    TooLarge {
        /// The limit, bytes.
        limit: u64,
    },
    /// It holds too many files.
    #[error("the package was refused: it holds more than {limit} entries")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// It unpacks to far more than it should.
    #[error("the package was refused: {path} unpacks to more than {ratio} times its packed size, as a zip bomb does")]
    Bomb {
        /// The entry.
        path: String,
        /// The limit.
        ratio: u64,
    },
    /// It is no zip archive.
    #[error("the package is no readable zip archive: {0}")]
    NotAZip(String),
}
