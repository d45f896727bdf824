//! One process at a time works on an investigation.
//!
//! Whoever works on one holds a lock on a file beside the journal. The system frees it however the process ends, so that nothing has to be
//! mended after a crash. Reading needs no lock.

use std::fs::{File, TryLockError};
use std::path::PathBuf;

use marple_case::InvestigationId;

use crate::{arguments::DataArguments, failure::Failure, wiring};

/// An investigation that this process works on.
#[derive(Debug)]
pub(crate) struct Held {
    file: PathBuf,
    _lock: File,
}

impl Drop for Held {
    fn drop(&mut self) {
        // An empty file that stays is in nobody's way.
        let _ = std::fs::remove_file(&self.file);
    }
}

/// Holds an investigation until the result is dropped. `None`: the folder takes no locks, and only the journal's own order keeps two apart.
///
/// # Errors
/// Another process works on it.
pub(crate) fn hold(data: &DataArguments, id: &InvestigationId) -> Result<Option<Held>, Failure> {
    let Some(folder) = wiring::data_folder(data) else { return Ok(None) };
    let file = folder.join(format!("{id}.lock"));
    let Ok(lock) = File::create(&file) else { return Ok(None) };
    match lock.try_lock() {
        Ok(()) => Ok(Some(Held { file, _lock: lock })),
        Err(TryLockError::WouldBlock) => Err(Failure::usage(format!("another process is working on {id}"))
            .hint(format!("watch it there, or stop it first; `marple show {id}` reads what it has found until now"))),
        Err(TryLockError::Error(error)) => {
            tracing::debug!(%error, "no lock");
            Ok(None)
        }
    }
}
