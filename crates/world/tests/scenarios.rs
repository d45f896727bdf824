//! Every scenario of the repository: it can be played, and so can its variants.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::SignedDuration;
use marple_world::rewrite::{Names, fresh_names, rename, resource_names, shift};
use marple_world::{Files, Scenario, Trigger, World};

fn scenarios() -> impl Iterator<Item = (PathBuf, Files)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let folders = entries.filter(|path| path.join("scenario.toml").is_file());
    folders.map(|path| (path.clone(), Files::read(&path).unwrap()))
}

/// A scenario whose every file can be read.
fn checked(path: &Path, files: Files) -> Arc<Scenario> {
    let scenario = Arc::new(Scenario::load(files).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
    let checked = World::new(Arc::clone(&scenario)).check();
    checked.unwrap_or_else(|errors| panic!("{}: {errors:#?}", path.display()));
    scenario
}

#[test]
fn every_scenario_can_be_played_and_there_are_some() {
    assert!(scenarios().next().is_some());
    for (path, files) in scenarios() {
        checked(&path, files);
    }
}

#[test]
fn every_scenario_can_be_renamed_and_back_and_the_truth_is_renamed_with_it() {
    for (path, files) in scenarios() {
        let names = fresh_names(&files, &resource_names(&files).unwrap(), 7);
        let renamed = rename(&files, &names);
        let (before, after) = (checked(&path, files.clone()), checked(&path, renamed.clone()));
        for (old, new) in before.truth.components.iter().zip(&after.truth.components) {
            assert!(old != new && names.contains_key(old), "{}: {old} became {new}", path.display());
        }
        if let (Trigger::Alarm(old), Trigger::Alarm(new)) = (&before.trigger, &after.trigger) {
            assert_eq!(names.get(old), Some(new));
        }
        for old in names.keys() {
            let again = resource_names(&renamed).unwrap();
            assert!(!again.contains(old), "{}: {old} is still there", path.display());
        }
        let back: Names = names.into_iter().map(|(old, new)| (new, old)).collect();
        assert!(rename(&renamed, &back) == files, "{}: not the same again", path.display());
    }
}

#[test]
fn every_scenario_can_be_shifted_and_back_and_its_clock_moves_along() {
    let by = SignedDuration::from_hours(24 * 40);
    for (path, files) in scenarios() {
        let shifted = shift(&files, by);
        let (before, after) = (checked(&path, files.clone()), checked(&path, shifted.clone()));
        assert_eq!(after.now.duration_since(before.now), by);
        assert!(shift(&shifted, -by) == files, "{}: not the same again", path.display());
    }
}
