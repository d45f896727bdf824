//! A scenario's folder in memory: path → bytes.
//!
//! Paths are relative to the scenario's folder and use `/` everywhere (`world/lambda/functions.json`). Contents are
//! cheap to clone: scenarios embedded in the binary are never copied.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;

/// The files of one scenario, in the order of their paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, Bytes>);

/// A folder that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {source}", path.display())]
pub struct ReadError {
    path: PathBuf,
    source: std::io::Error,
}

impl Files {
    /// Reads every file below `folder`, whatever its kind. Hidden files (`.DS_Store`, editors' swap files) are left out.
    ///
    /// # Errors
    /// When the folder, or anything in it, cannot be read; the error names it.
    pub fn read(folder: &Path) -> Result<Self, ReadError> {
        let mut files = BTreeMap::new();
        read_folder(folder, "", &mut files)?;
        Ok(Self(files))
    }

    /// The content of one file.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Bytes> {
        self.0.get(path)
    }

    /// All files, in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Bytes)> {
        self.0.iter().map(|(path, content)| (path.as_str(), content))
    }

    /// The files below a folder (`world/logs/`, with its slash): paths are given relative to it.
    pub fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a Bytes)> {
        self.0.range(folder.to_owned()..).map_while(move |(path, content)| Some((path.strip_prefix(folder)?, content)))
    }

    /// Puts a file, in place of one of the same path.
    pub fn insert(&mut self, path: impl Into<String>, content: impl Into<Bytes>) {
        self.0.insert(path.into(), content.into());
    }

    /// Takes a file away.
    pub fn remove(&mut self, path: &str) -> Option<Bytes> {
        self.0.remove(path)
    }
}

impl<P: Into<String>, B: Into<Bytes>> FromIterator<(P, B)> for Files {
    /// From `(path, bytes)` pairs, as a scenario embedded in the binary gives them.
    fn from_iter<I: IntoIterator<Item = (P, B)>>(files: I) -> Self {
        Self(files.into_iter().map(|(path, content)| (path.into(), content.into())).collect())
    }
}

fn read_folder(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Bytes>) -> Result<(), ReadError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        |source| ReadError { path, source }
    };
    for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
        let entry = entry.map_err(unreadable(folder))?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let relative = format!("{prefix}{name}");
        if path.is_dir() {
            read_folder(&path, &format!("{relative}/"), files)?;
        } else {
            files.insert(relative, std::fs::read(&path).map_err(unreadable(&path))?.into());
        }
    }
    Ok(())
}
