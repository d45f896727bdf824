//! A full disk: the program's temporary storage takes no more.
//!
//! Discriminating questions: where does the code write? does it take its files away again? do the failures stand in environments that have served
//! for long (files of earlier requests pile up), or in single requests that are too large? The latter is not in the platform's records: it stays a gap.

use marple_case::{
    Category, Verdict,
    facts::Change,
    root_cause::{Gap, Link},
};

use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Place, Support, cite_error, cite_frame, claim, gap, place},
    reading::{Case, Seen, failure::Failure, load::is_service, logged::Logged},
    source::{CodeLine, all_lines},
};

/// A full disk as it was found.
#[derive(Debug)]
pub(crate) struct Full<'a> {
    /// The error.
    pub(crate) logged: Logged<'a>,
    /// Where it was raised.
    pub(crate) place: Option<Place<'a>>,
    /// The first line of the code that names a temporary file.
    pub(crate) writes: Option<CodeLine<'a>>,
    /// Whether a line of the code that was read takes files away.
    pub(crate) cleans: bool,
    /// The change of the code between a clean baseline and the first failure.
    pub(crate) change: Option<Seen<'a, Change>>,
}

/// Examines the case for a full disk.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let logged = case.failures.iter().find(|logged| logged.failure == Failure::StorageFull)?.clone();
    let lines = all_lines(case);
    let wrote = |line: &CodeLine<'_>| case.release().is_some_and(|release| release.wrote(line.path(), line.number));
    let writing = || lines.iter().filter(|line| is_temporary(line.text) && !is_import(line.text));
    let full = Full {
        place: place(case, &logged),
        writes: writing().find(|line| wrote(line)).or_else(|| writing().next()).copied(),
        cleans: lines.iter().any(|line| is_removal(line.text)),
        change: case.linked_code_change(logged.first, logged.in_baseline),
        logged,
    };
    Some(Hypothesis {
        support: full.logged.capped(Support::Shown),
        fresh: !full.logged.in_baseline,
        explains: full.logged.count,
        looks_for: "A disk is full; looking for what the code writes, and whether it takes it away again.".to_owned(),
        wants: Vec::new(),
        cause: cause(case, &full),
        diagnosis: Diagnosis::Full(full),
    })
}

/// Words with which code names temporary files.
fn is_temporary(text: &str) -> bool {
    [
        "/tmp",
        "tempfile",
        "mkdtemp",
        "mktemp",
        "tmpdir",
        "createTempFile",
        "GetTempPath",
        "os.TempDir",
        "CreateTemp",
        "Tempfile",
        "Dir.tmpdir",
    ]
    .iter()
    .any(|word| text.contains(word))
}

/// Whether a line only names what others do.
fn is_import(text: &str) -> bool {
    const HEADS: [&str; 7] = ["require ", "require_relative ", "import ", "from ", "using ", "use ", "#include "];
    HEADS.iter().any(|head| text.trim_start().starts_with(head))
}

/// Words with which code takes files away.
fn is_removal(text: &str) -> bool {
    [
        "unlink",
        "os.remove",
        "rmtree",
        "fs.rm",
        "rmSync",
        "os.Remove",
        "Files.delete",
        "deleteIfExists",
        "File.Delete",
        "FileUtils.rm",
        "File.delete",
        "TemporaryDirectory",
        "TemporaryFile",
        "deleteOnExit",
        "mktmpdir do",
        "mktmpdir {",
        "remove_entry",
        "rm_rf",
    ]
    .iter()
    .any(|word| text.contains(word))
}

fn cause(case: &Case<'_>, full: &Full<'_>) -> marple_case::RootCause {
    let mut cause = claim(Verdict::Fault, Category::Capacity);
    let (name, logged) = (case.name(), &full.logged);
    let at = full.place.as_ref().map(|place| format!(" at {}:{}", place.location.file, place.location.line));
    cause.title = format!("{name} fills its disk{}: {}", at.unwrap_or_default(), logged.headline());
    cause.components = case.component().into_iter().collect();
    cause.location = full.place.as_ref().map(|place| place.location.clone());
    cause.onset = Some(logged.first);
    cause.trigger = Some(format!("A request that writes a file, once what {name} may store is used up"));
    cause.chain = chain(case, full);
    cause.summary = summary(case, full);
    cause.gaps = gaps(case);
    cause
}

fn chain(case: &Case<'_>, full: &Full<'_>) -> Vec<Link> {
    let mut chain = Chain::default();
    if let Some(change) = full.change {
        let stamp = change.at.to_string();
        let cited = cite::any(change.evidence, &[&[&stamp, &change.action], &[&change.action]]);
        let statement = format!("{} changed the code; the baseline before it ran without this error.", change.action);
        chain.link(statement, Some(change.at), [cited]);
        chain.release(case);
    }
    if let Some(line) = full.writes {
        let kept = if full.cleans { "." } else { ". No line of the code that was read takes files away again." };
        let written = line.text.trim();
        chain.link(format!("{} writes temporary files: {written}{kept}", line.place()), None, [line.cite()]);
    }
    let logged = &full.logged;
    let frame = full.place.as_ref().and_then(|place| cite_frame(logged, place.frame));
    let code = full.place.as_ref().and_then(|place| place.line).and_then(|line| line.cite());
    chain.link(
        format!("The disk took no more: {}, {} time(s) in the window.", logged.headline(), logged.count),
        Some(logged.first),
        [cite_error(logged), frame, code],
    );
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}

fn summary(case: &Case<'_>, full: &Full<'_>) -> String {
    let logged = &full.logged;
    let mut text = format!(
        "{} fails because its disk is full: {}. First seen at {}, {} time(s) in the window.",
        case.name(),
        logged.headline(),
        logged.first,
        logged.count
    );
    text += match is_service(case) {
        true => {
            " A Fargate task has 20 GiB of ephemeral storage unless its task definition asks for more; it ends with the task."
        }
        false => {
            " A function's /tmp holds 512 MB unless more is configured, and one environment keeps it from one invocation to the next."
        }
    };
    if full.writes.is_some() && !full.cleans {
        text += " The code writes temporary files and was not seen to take them away: they pile up for as long as the environment lives.";
    }
    if let Some(change) = full.change {
        text += &format!(" It began with {} at {}; the code before it ran without.", change.action, change.at);
    }
    text
}

fn gaps(case: &Case<'_>) -> Vec<Gap> {
    let metric = match is_service(case) {
        true => "switch on Container Insights (EphemeralStorageUtilized)",
        false => "switch on Lambda Insights (tmp_used), or log the free space and the file's size",
    };
    vec![gap(
        "whether files of earlier requests pile up, or single ones are too large",
        "no metric that was read tells how full the disk is",
        metric,
        false,
    )]
}
