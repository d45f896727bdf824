//! `--record FILE` and `--model replay:FILE`: the files of conversations with models.

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Arc;

use marple_agent::ports::Model;

use crate::failure::Failure;

/// What a model's name begins with where the rest is a transcript's file.
const REPLAY: &str = "replay:";

/// The transcript that a model's name names.
pub(crate) fn named_by(model: &str) -> Option<&Path> {
    model.strip_prefix(REPLAY).map(Path::new)
}

/// The models of a transcript.
pub(crate) fn replayed(file: &Path) -> Result<Vec<Arc<dyn Model>>, Failure> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("the transcript {name} cannot be read: {error}")))?;
    marple_transcript::replay(&name, &text).map_err(|error| {
        Failure::configuration(format!("the transcript cannot be played: {error}"))
            .hint("`marple investigate --record FILE` writes one")
    })
}

/// The models, recorded to a new file. One that is there is kept: it may have cost money.
pub(crate) fn recorded(file: &Path, models: Vec<Arc<dyn Model>>) -> Result<Vec<Arc<dyn Model>>, Failure> {
    let wrong = |error| Failure::usage(format!("the transcript {} cannot be written: {error}", file.display()));
    let opened = OpenOptions::new().write(true).create_new(true).open(file).map_err(wrong)?;
    marple_transcript::record(Box::new(opened), models).map_err(wrong)
}
