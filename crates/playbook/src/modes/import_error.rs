//! Import and handler errors: the code cannot be loaded, or the configured handler is not in it.
//!
//! Discriminating questions: does the package hold the missing module or the handler's file, or one whose name differs in case only? which
//! line imports it? did the package change between a clean baseline and the onset? is there a published version with the package from before?

use marple_case::{
    Category, Verdict,
    facts::{Change, CodeFile, Function},
    root_cause::Link,
};

use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, cite_error, cite_setting, claim, gap, located},
    reading::{Case, Seen, failure::Failure, logged::Logged},
    source::{CodeLine, all_lines, imports::importing},
};

pub(crate) mod layer;

use self::layer::Layer;

/// Code that cannot be loaded, as it was found.
#[derive(Debug)]
pub(crate) struct Unloadable<'a> {
    /// The error.
    pub(crate) logged: Logged<'a>,
    /// The module that is missing; `None`: the handler is.
    pub(crate) module: Option<String>,
    /// The configured handler.
    pub(crate) handler: Option<&'a str>,
    /// The change that lies between a clean baseline and the onset.
    pub(crate) change: Option<Seen<'a, Change>>,
    /// The layer that came with a change of the settings, where the function's own code is not what changed.
    pub(crate) layer: Option<Layer<'a>>,
    /// The line of the function's own code that imports it.
    pub(crate) importer: Option<CodeLine<'a>>,
    /// A file of the package whose name differs from the missing one in upper and lower case only.
    pub(crate) alike: Option<Seen<'a, CodeFile>>,
    /// Whether the package that was listed lacks it; `None`: it was not listed, or the name cannot be looked up.
    pub(crate) absent: Option<bool>,
}

/// Examines the case for code that cannot be loaded.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let sort = |logged: &&Logged<'a>| matches!(logged.failure, Failure::Import { .. } | Failure::Handler);
    let logged = case.failures.iter().find(sort)?.clone();
    let module = match &logged.failure {
        Failure::Import { module } => module.clone(),
        _ => None,
    };
    let settings = case.linked_change(logged.first, logged.in_baseline).filter(|_| logged.failure == Failure::Handler);
    let change = case.linked_code_change(logged.first, logged.in_baseline).or(settings);
    let handler = case.function.and_then(|function| function.fact.handler.as_deref());
    let sought = module.clone().or_else(|| handler_file(handler));
    let is_import = matches!(logged.failure, Failure::Import { .. });
    let layer = layer::changed(case, logged.first, logged.in_baseline).filter(|_| is_import && change.is_none());
    let unloadable = Unloadable {
        layer,
        importer: module.as_deref().and_then(|module| importing(&all_lines(case), module)),
        alike: sought.as_deref().and_then(|name| alike(case, name)),
        absent: sought.as_deref().and_then(|name| absent(case, name)),
        logged,
        module,
        handler,
        change,
    };
    Some(Hypothesis {
        support: unloadable.logged.capped(Support::Shown),
        fresh: !unloadable.logged.in_baseline,
        explains: unloadable.logged.count,
        looks_for: "The code cannot be loaded; looking for the missing part in the package and for a change of it."
            .to_owned(),
        wants: Vec::new(),
        cause: cause(case, &unloadable),
        diagnosis: Diagnosis::Unloadable(unloadable),
    })
}

/// `src/app.handler` names the file `src/app`.
fn handler_file(handler: Option<&str>) -> Option<String> {
    let (file, _) = handler?.rsplit_once('.')?;
    Some(file.to_owned())
}

/// Whether no file of the listed package carries the module's name.
fn absent(case: &Case<'_>, module: &str) -> Option<bool> {
    if case.code.is_empty() || module.contains("::") {
        return None;
    }
    let slashed = module.trim_start_matches("./").trim_start_matches("/var/task/").replace('.', "/");
    let plain = module.trim_start_matches("./").trim_start_matches("/var/task/");
    let names = [plain, slashed.as_str()];
    let holds = |path: &str| {
        names.iter().any(|name| {
            let at = path.find(name).map(|at| (at, at + name.len()));
            at.is_some_and(|(from, to)| {
                let before = path.get(..from).is_none_or(|head| head.is_empty() || head.ends_with('/'));
                before && path.get(to..).is_none_or(|tail| tail.is_empty() || tail.starts_with(['/', '.']))
            })
        })
    };
    Some(!case.code.iter().flat_map(|code| &code.fact.files).any(|file| holds(&file.path)))
}

/// A file of the package that has the sought name in other letters: good on a file system that does not tell them apart.
fn alike<'a>(case: &Case<'a>, module: &str) -> Option<Seen<'a, CodeFile>> {
    let own = module.trim_start_matches("./").trim_start_matches("/var/task/");
    let stems = [own.to_owned(), own.replace('.', "/")];
    let is_alike = |path: &str| {
        let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
        stems
            .iter()
            .flat_map(|sought| [(sought, path), (sought, stem)])
            .any(|(sought, held)| sought.eq_ignore_ascii_case(held) && sought != held)
    };
    let files = case.code.iter().flat_map(|code| {
        let evidence = code.evidence;
        code.fact.files.iter().map(move |fact| Seen { evidence, fact })
    });
    files.into_iter().find(|file| is_alike(&file.fact.path))
}

impl Unloadable<'_> {
    /// What is missing, in words.
    pub(crate) fn missing(&self) -> String {
        match (&self.module, self.handler) {
            (Some(module), _) => format!("the module {module}"),
            (None, Some(handler)) => format!("the handler {handler}"),
            (None, None) => "a part of the code".to_owned(),
        }
    }
}

fn cause(case: &Case<'_>, unloadable: &Unloadable<'_>) -> marple_case::RootCause {
    let handler = matches!(unloadable.logged.failure, Failure::Handler);
    let category = match (handler, &unloadable.alike) {
        (true, _) => Category::Misconfiguration,
        (false, Some(_)) => Category::CodeDefect,
        (false, None) => Category::BadImage,
    };
    let mut cause = claim(Verdict::Fault, category);
    let (name, missing) = (case.name(), unloadable.missing());
    let since = unloadable.layer.as_ref().map(|layer| format!(" since it has {}", layer.words()));
    cause.title = format!("{name} cannot start: {missing} cannot be loaded{}", since.unwrap_or_default());
    cause.components = case.component().into_iter().collect();
    cause.location = unloadable.importer.as_ref().map(|line| located(line, None));
    cause.onset = Some(unloadable.logged.first);
    cause.trigger = Some("Every start of the function: it fails while it loads, whatever the request".to_owned());
    cause.chain = chain(case, unloadable);
    cause.summary = format!(
        "{name} fails at every start with {}. First seen at {}, {} time(s) in the window.{}{}",
        unloadable.logged.headline(),
        unloadable.logged.first,
        unloadable.logged.count,
        held(unloadable),
        match &unloadable.change {
            Some(change) =>
                format!(" {} at {} lies between a clean baseline and the first failure.", change.action, change.at),
            None => match &unloadable.layer {
                Some(layer) => format!(
                    " Its code was not changed; at {} it was given {}, and the baseline before that ran without this error: what the code imports has to come from there.",
                    layer.change.at,
                    layer.words()
                ),
                None => " No change was shown to have introduced it.".to_owned(),
            },
        }
    );
    if unloadable.absent.is_none() {
        cause.gaps.push(gap(
            "the package's listing",
            "it was not read, or the name cannot be looked up in it",
            "list the deployed package and look for the missing part",
            false,
        ));
    }
    cause
}

/// Whether the package holds what is missing, in words.
fn held(unloadable: &Unloadable<'_>) -> String {
    match (&unloadable.alike, unloadable.absent) {
        (Some(file), _) => format!(
            " The package that is deployed holds {} instead: the names differ in upper and lower case, which Lambda's file system tells apart.",
            file.path
        ),
        (None, Some(true)) => " The package that is deployed does not hold it.".to_owned(),
        (None, Some(false)) => {
            " The package holds a file of that name, so its layout, its exports or the search path do not fit."
                .to_owned()
        }
        (None, None) => String::new(),
    }
}

fn chain(case: &Case<'_>, unloadable: &Unloadable<'_>) -> Vec<Link> {
    let mut chain = Chain::default();
    if let Some(change) = unloadable.change {
        let stamp = change.at.to_string();
        let statement =
            format!("{} changed the function; the baseline before it ran without this error.", change.action);
        chain.link(
            statement,
            Some(change.at),
            [cite::any(change.evidence, &[&[&stamp, &change.action], &[&change.action]])],
        );
        chain.release(case);
    }
    if let Some(layer) = &unloadable.layer {
        if let Some((at, statement, cited)) = layer.publication() {
            chain.link(statement, Some(at), [cited]);
        }
        let statement = format!(
            "{} gave the function {}; the baseline before it ran without this error.",
            layer.change.action,
            layer.words()
        );
        chain.link(statement, Some(layer.change.at), layer.citations());
    }
    if let Some(handler) = unloadable.handler {
        let setting = format!("handler: {handler}");
        chain.link(
            format!("The configured handler is {handler}."),
            None,
            [cite_setting(case, &[&[&setting], &[handler]])],
        );
    }
    if let Some(line) = &unloadable.importer {
        chain.link(format!("{} imports {}.", line.place(), unloadable.missing()), None, [line.cite()]);
    }
    if let Some(file) = unloadable.alike {
        let statement =
            format!("The deployed package holds {}, whose name differs in upper and lower case.", file.path);
        chain.link(statement, None, [cite::line(file.evidence, &["file:", &file.path])]);
    } else if let (Some(true), Some(code)) = (unloadable.absent, case.code.first()) {
        let statement = format!("The deployed package does not hold {}.", unloadable.missing());
        chain.link(statement, None, [cite::any(code.evidence, &[&["package:"], &["files"]])]);
    }
    let statement = format!("The runtime could not load it: {}.", unloadable.logged.headline());
    chain.link(statement, Some(unloadable.logged.first), [cite_error(&unloadable.logged)]);
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}

/// The newest published version of other code that is older than a moment.
pub(crate) fn version_before(function: &Function, at: jiff::Timestamp) -> Option<&marple_case::facts::FunctionVersion> {
    let older = function.versions.iter().filter(|version| {
        version.version != "$LATEST"
            && version.code_sha256 != function.code_sha256
            && version.last_modified.is_some_and(|modified| modified < at)
    });
    older.max_by_key(|version| version.last_modified)
}
