//! The redactor of this installation: its key, and the user's own patterns.
//!
//! The key lies beside the journal (`marker.key`, 32 bytes, readable by its owner alone), so that the same secret has the same marker in every investigation of
//! this installation, and in no other. A scenario's markers are the same everywhere.

use std::io::{ErrorKind, Write};
use std::path::Path;

use marple_redact::{Redactor, random_key};

use crate::{arguments::DataArguments, environment::Environment, failure::Failure, wiring};

/// The key's file.
const FILE: &str = "marker.key";

/// The key of scenarios, which hold no secrets.
const SCENARIOS: [u8; 32] = [0; 32];

/// The redactor for an account, or for a scenario.
pub(crate) fn redactor(
    scenario: Option<&str>,
    data: &DataArguments,
    environment: &Environment,
) -> Result<Redactor, Failure> {
    let key = match (scenario, wiring::data_folder(data)) {
        (Some(_), _) => SCENARIOS,
        (None, Some(folder)) => key(&folder)?,
        (None, None) => random_key(),
    };
    let patterns = environment.settings.redact().iter().map(String::as_str);
    Redactor::new(key).with_patterns(patterns).map_err(|error| {
        Failure::configuration(format!("`redact` of marple.toml: {error}"))
            .hint("it is a list of regular expressions, as Rust's regex crate reads them")
    })
}

/// The key that lies there, or a new one.
fn key(folder: &Path) -> Result<[u8; 32], Failure> {
    let file = folder.join(FILE);
    let unusable = |reason: String| {
        Failure::configuration(format!("the key of the markers, {}, cannot be used: {reason}", file.display()))
            .hint("remove the file to have a new one made; markers of earlier investigations then no longer compare")
    };
    match std::fs::read(&file) {
        Ok(bytes) => {
            let length = bytes.len();
            bytes.try_into().map_err(|_| unusable(format!("it holds {length} bytes instead of 32")))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let key = random_key();
            match write(folder, &file, &key) {
                Ok(()) => Ok(key),
                // Another process was faster: its key counts.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => self::key(folder),
                Err(error) => Err(unusable(error.to_string())),
            }
        }
        Err(error) => Err(unusable(error.to_string())),
    }
}

fn write(folder: &Path, file: &Path, key: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(key)
}
