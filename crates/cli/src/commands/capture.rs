//! `marple capture`: a stored investigation of an account becomes a scenario that is played without the account.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use jiff::SignedDuration;
use marple_agent::ports::Journal;
use marple_capture::{CaptureError, Captured, Order};
use marple_world::{Files, World, rewrite};
use serde_json::Value;

use crate::{
    arguments::Capture,
    commands::{resume, show},
    exit::Exit,
    failure::Failure,
    output, redaction, scenarios, wiring,
};

/// The account that AWS's documentation uses.
const NOBODY: &str = "111122223333";
const TRAIL: &str = "world/cloudtrail/events.json";

/// Reads the account again, writes the scenario and checks it.
pub(crate) async fn run(arguments: Capture) -> Result<Exit, Failure> {
    must_be_free(&arguments.output)?;
    let journal = wiring::journal(&arguments.data).await?;
    let id = show::chosen(&journal, arguments.id.as_deref()).await?;
    let entries = journal.entries(&id).await?;
    let environment = resume::environment(&entries, &arguments.account)?;
    let mut account = arguments.account.clone();
    account.region = account.region.or_else(|| resume::region(&entries));
    environment.fill_account(&mut account);
    let played = resume::scenario(&entries);
    let redactor = redaction::redactor(played, &arguments.data, &environment)?;
    let (config, _) = match played {
        Some(named) => wiring::world(&World::new(Arc::new(scenarios::load(named)?.1))),
        None => wiring::account(&account).await,
    };
    let margin = SignedDuration::try_from(arguments.margin).unwrap_or(SignedDuration::MAX);
    let order = Order { entries: &entries, margin, log_events: arguments.log_events };
    let captured = marple_capture::capture(&config, &redactor, order).await?;
    let files: Files = captured.files.iter().map(|(path, content)| (path.clone(), content.clone())).collect();
    let files = if arguments.pseudonymise { pseudonymised(&files)? } else { files };
    write(&files, &arguments.output)?;
    let folder = arguments.output.display().to_string();
    scenarios::checked(&folder)?;
    output::print(&report(&captured, &folder));
    Ok(Exit::Done)
}

impl From<CaptureError> for Failure {
    fn from(error: CaptureError) -> Self {
        let what = error.to_string();
        match error {
            CaptureError::Scope(error) => error.into(),
            CaptureError::NothingRead => Self::usage(what).hint("`marple list` names the investigations"),
            CaptureError::NoAccount => {
                Self::new(Exit::Access, what).hint("`marple doctor` says who asks, and what may be read")
            }
        }
    }
}

fn must_be_free(folder: &Path) -> Result<(), Failure> {
    let is_free = match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    };
    let hint = "name a folder that does not exist yet";
    is_free.then_some(()).ok_or_else(|| Failure::usage(format!("{} is in use", folder.display())).hint(hint))
}

fn write(files: &Files, folder: &Path) -> Result<(), Failure> {
    for (path, content) in files.iter() {
        let file = folder.join(path);
        let parent = file.parent().unwrap_or(folder);
        let written = std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&file, content));
        written.map_err(|error| Failure::usage(format!("{} cannot be written: {error}", file.display())))?;
    }
    Ok(())
}

/// Other names for resources and people, another account; the same name everywhere.
fn pseudonymised(files: &Files) -> Result<Files, Failure> {
    let unreadable =
        |error: marple_world::ScenarioError| Failure::bug(format!("the captured world cannot be read: {error}"));
    let mut names = rewrite::resource_names(files).map_err(unreadable)?;
    let trail = files.get(TRAIL).and_then(|content| serde_json::from_slice::<Value>(content).ok());
    let events = trail.as_ref().and_then(|trail| trail.get("Events")).and_then(Value::as_array);
    let mut addresses = BTreeSet::new();
    for event in events.into_iter().flatten() {
        names.extend(event.get("Username").and_then(Value::as_str).filter(|name| name.len() > 2).map(str::to_owned));
        let address = event.pointer("/CloudTrailEvent/sourceIPAddress").and_then(Value::as_str);
        addresses.extend(address.filter(|address| address.parse::<std::net::IpAddr>().is_ok()).map(str::to_owned));
    }
    let mut fresh = rewrite::fresh_names(files, &names, 0);
    // Addresses of documentation (RFC 5737).
    fresh
        .extend(addresses.into_iter().zip(1..).map(|(address, number)| (address, format!("192.0.2.{}", number % 255))));
    let scenario = scenarios::of_files(files)?;
    fresh.insert(scenario.account, NOBODY.to_owned());
    Ok(rewrite::rename(files, &fresh))
}

fn report(captured: &Captured, folder: &str) -> String {
    let mut lines = vec![format!(
        "{folder}: {} files, {} pieces of evidence taken again, {} log events. `marple world check` holds.",
        captured.files.len(),
        captured.evidence,
        captured.log_events
    )];
    if !captured.changed.is_empty() {
        lines.push(format!("Reads otherwise now than when it was taken: {}.", captured.changed.join(", ")));
    }
    lines.extend(captured.notes.iter().map(|note| format!("Not there whole: {note}.")));
    lines.push(format!(
        "Next: read the files before you share them, fill in [truth] of {folder}/scenario.toml, and play it with `marple investigate --scenario {folder}`."
    ));
    lines.join("\n")
}
