//! `marple show`: a stored investigation, through the same renderers as the live run.

use marple_agent::ports::Journal;
use marple_case::{EvidenceId, InvestigationId};
use marple_report::{Report, live::TimeLine, visible};
use marple_store::SqliteJournal;

use crate::{arguments::Show, exit::Exit, failure::Failure, output, wiring};

/// Shows the report, its time line, or one piece of evidence.
pub(crate) async fn run(arguments: Show) -> Result<Exit, Failure> {
    let journal = wiring::journal(&arguments.data).await?;
    let id = chosen(&journal, arguments.id.as_deref()).await?;
    let entries = journal.entries(&id).await?;
    let report = Report::from_entries(id, &entries);
    if let Some(named) = &arguments.evidence {
        return evidence(&report, named);
    }
    if arguments.timeline {
        let mut line = TimeLine::new(None);
        let lines: Vec<String> = entries.iter().filter_map(|entry| line.line(entry)).collect();
        output::print(&lines.join("\n"));
        return Ok(Exit::Done);
    }
    output::write(&report, &arguments.output)?;
    Ok(Exit::Done)
}

/// The investigation that a person means; the newest, if none is named.
pub(crate) async fn chosen(journal: &SqliteJournal, named: Option<&str>) -> Result<InvestigationId, Failure> {
    if let Some(named) = named {
        return Ok(journal.resolve(named).await?);
    }
    let newest = journal.list().await?.into_iter().next();
    newest.map(|listed| listed.id).ok_or_else(|| {
        Failure::usage("there is no investigation yet")
            .hint("begin with `marple investigate --scenario lambda-type-error`")
    })
}

fn evidence(report: &Report, named: &str) -> Result<Exit, Failure> {
    let id: EvidenceId = named.parse().map_err(|error| Failure::usage(format!("{error}")))?;
    let evidence = report.evidence(id).ok_or_else(|| {
        let known = report.evidence.last().map_or("none".to_owned(), |last| format!("E1 to {}", last.id));
        Failure::usage(format!("this investigation has no evidence {id}; it has {known}"))
    })?;
    output::print(&format!("{}\n\n{}", visible::text(&evidence.command), visible::text(&evidence.text)));
    Ok(Exit::Done)
}
