//! Where `marple.toml` is looked for.

use std::path::{Path, PathBuf};

/// The file's name.
pub const FILE: &str = "marple.toml";

/// The file that counts: the nearest one from the working directory upwards, else the one in the configuration directory.
pub fn find(working: &Path, configuration: Option<&Path>) -> Option<PathBuf> {
    let upwards = working.ancestors();
    upwards.chain(configuration).map(|folder| folder.join(FILE)).find(|file| file.is_file())
}
