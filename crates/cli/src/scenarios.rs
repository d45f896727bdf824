//! Finding a scenario: a folder, `scenarios/NAME` of the working directory, or one that is embedded in the binary.

use std::path::Path;
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use marple_world::{Files, Scenario, ScenarioError, World};

use crate::failure::{Failure, did_you_mean};

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../scenarios");

/// The folder of scenarios in a working tree.
const FOLDER: &str = "scenarios";
/// The file that makes a folder a scenario.
const FILE: &str = "scenario.toml";

/// A scenario by name or folder, with the name that reports use for it.
pub(crate) fn load(named: &str) -> Result<(String, Scenario), Failure> {
    let (name, files) = find(named)?;
    let scenario = Scenario::load(files).map_err(|error| unplayable(&name, &[error]))?;
    Ok((name, scenario))
}

/// The world of a scenario by name or folder, with every file read and held to the format. The failure says all that is wrong.
pub(crate) fn checked(named: &str) -> Result<(String, World), Failure> {
    let (name, scenario) = load(named)?;
    let world = World::new(Arc::new(scenario));
    match world.check() {
        Ok(()) => Ok((name, world)),
        Err(errors) => Err(unplayable(&name, &errors)),
    }
}

/// The scenario that files make.
pub(crate) fn of_files(files: &Files) -> Result<Scenario, Failure> {
    Scenario::load(files.clone()).map_err(|error| unplayable("the scenario", &[error]))
}

fn unplayable(name: &str, errors: &[ScenarioError]) -> Failure {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let what = match lines.as_slice() {
        [only] => format!("{name} cannot be played: {only}"),
        lines => format!("{name} cannot be played:\n{}", lines.join("\n")),
    };
    Failure::configuration(what).hint("docs/worlds.md describes the format")
}

/// The files of a scenario by name or folder, with the name that reports use for it.
pub(crate) fn find(named: &str) -> Result<(String, Files), Failure> {
    let folder = Path::new(named);
    if folder.join(FILE).is_file() {
        let name = folder
            .canonicalize()
            .ok()
            .and_then(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()));
        return Ok((name.unwrap_or_else(|| named.to_owned()), read(folder)?));
    }
    let in_tree = Path::new(FOLDER).join(named);
    if is_plain(named) && in_tree.join(FILE).is_file() {
        return Ok((named.to_owned(), read(&in_tree)?));
    }
    match EMBEDDED.get_dir(named) {
        Some(dir) => Ok((named.to_owned(), embedded(dir))),
        None if folder.is_dir() => Err(Failure::configuration(format!("{named} is no scenario: it has no {FILE}"))),
        None => Err(unknown(named)),
    }
}

/// The name under which a scenario is found again from anywhere: a folder by its whole path.
pub(crate) fn lasting_name(named: &str) -> String {
    let folder = Path::new(named);
    let whole = folder.canonicalize().ok().filter(|_| folder.join(FILE).is_file());
    whole.map_or_else(|| named.to_owned(), |path| path.to_string_lossy().into_owned())
}

/// Whether a name is one folder's name and no path.
fn is_plain(named: &str) -> bool {
    !named.is_empty() && !named.contains(['/', '\\']) && !named.starts_with('.')
}

fn read(folder: &Path) -> Result<Files, Failure> {
    Files::read(folder).map_err(|error| Failure::configuration(error.to_string()))
}

fn unknown(named: &str) -> Failure {
    let mut near: Vec<(f64, String)> = names()
        .into_iter()
        .map(|name| (strsim::jaro_winkler(named, &name), name))
        .filter(|(score, _)| *score > 0.7)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let near: Vec<String> = near.into_iter().take(3).map(|(_, name)| name).collect();
    let hint =
        did_you_mean(&near).unwrap_or_else(|| "`marple world list` names the scenarios; a folder works too".to_owned());
    Failure::configuration(format!("there is no scenario {named:?}")).hint(hint)
}

/// The names of the embedded scenarios, sorted.
pub(crate) fn names() -> Vec<String> {
    let folders = EMBEDDED.dirs().filter(|dir| dir.get_file(dir.path().join(FILE)).is_some());
    let mut names: Vec<String> = folders.map(|dir| dir.path().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn embedded(dir: &Dir<'static>) -> Files {
    let mut paths = Vec::new();
    collect(dir, &mut paths);
    let root = dir.path().to_owned();
    paths
        .into_iter()
        .filter_map(|(path, content)| Some((path.strip_prefix(&root).ok()?.to_string_lossy().into_owned(), content)))
        .collect()
}

fn collect(dir: &Dir<'static>, into: &mut Vec<(std::path::PathBuf, &'static [u8])>) {
    into.extend(dir.files().map(|file| (file.path().to_owned(), file.contents())));
    dir.dirs().for_each(|inner| collect(inner, into));
}
