//! Unhandled exceptions: the program fails on its input or its state.
//!
//! Discriminating questions: does the frame's line stand in the source that was read? where does the failing value come from: the
//! request, the environment, or neither? does it fail while the module loads? did code change between a clean baseline and the onset? if
//! not: did what it is given change, and who writes that? does one message come back again and again?

use marple_case::{Category, Verdict, facts::Change};

use crate::{
    cite,
    hypothesis::{
        Chain, Diagnosis, Hypothesis, Place, Support, cite_error, cite_frame, cite_setting, claim, gap, place,
    },
    reading::{
        Case, Seen,
        failure::Failure,
        input::{self, Field, Sender},
        logged::Logged,
    },
    source::provenance::{Provenance, property_in, trace},
};

mod given;

/// A defect as it was found.
#[derive(Debug)]
pub(crate) struct Defect<'a> {
    /// The error.
    pub(crate) logged: Logged<'a>,
    /// Where it was raised.
    pub(crate) place: Option<Place<'a>>,
    /// Where its value comes from.
    pub(crate) provenance: Option<Provenance<'a>>,
    /// The environment variable that the code needs and the configuration lacks.
    pub(crate) unset: Option<&'a str>,
    /// The change that lies between a clean baseline and the onset.
    pub(crate) change: Option<Seen<'a, Change>>,
    /// Whether it fails while the code loads, before any request is looked at.
    pub(crate) at_start: bool,
    /// What changed in what the function is given, where no change of its own explains the error.
    pub(crate) inputs: Vec<Field<'a>>,
    /// Who seems to write that.
    pub(crate) sender: Option<Sender<'a>>,
    /// The message that comes back again and again.
    pub(crate) repeated: Option<Field<'a>>,
}

/// Examines the case for unhandled exceptions.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let is_program = |logged: &&Logged<'a>| logged.failure == Failure::Program && !logged.class.is_empty();
    let logged = case.failures.iter().find(is_program)?.clone();
    let place = place(case, &logged);
    let line = place.as_ref().and_then(|place| place.line);
    let provenance = line
        .and_then(|line| trace(line.file, line.number, place.as_ref().and_then(|p| p.frame.column), logged.message));
    let unset = provenance.as_ref().and_then(|value| value.variable).filter(|variable| is_unset(case, variable));
    let change = match unset {
        Some(_) => case.linked_change(logged.first, logged.in_baseline),
        None => case.linked_code_change(logged.first, logged.in_baseline),
    };
    let at_start = logged.own_frame().and_then(|frame| frame.function.as_deref()).is_some_and(is_module_level);
    let own = unset.is_some() || change.is_some() || at_start || logged.in_baseline;
    let repeated = case.repeated_message(logged.first).filter(|_| !own);
    let inputs = if own { Vec::new() } else { case.changed_input(logged.first) };
    // One message is no change of what is sent.
    let sender = case.sender(&inputs).filter(|_| repeated.is_none());
    let wants = if repeated.is_none() { given::wants(case, &inputs) } else { Vec::new() };
    let defect = Defect { logged, place, provenance, unset, change, at_start, inputs, sender, repeated };
    Some(Hypothesis {
        support: support(case, &defect),
        fresh: !defect.logged.in_baseline,
        explains: defect.logged.count,
        looks_for: format!(
            "{} is logged; looking for its line in the code and for what it reads there.",
            defect.logged.class
        ),
        wants,
        cause: cause(case, &defect),
        diagnosis: Diagnosis::Defect(defect),
    })
}

fn support(case: &Case<'_>, defect: &Defect<'_>) -> Support {
    let harmless = case.sum("Errors").is_some_and(|errors| errors == 0.0);
    match (harmless, defect.logged.in_baseline, defect.place.is_some() || defect.logged.is_uncaught()) {
        (true, true, _) => Support::Possible,
        (true, false, _) | (false, _, false) => Support::Likely,
        (false, _, true) => Support::Shown,
    }
}

/// Function names that runtimes give to a module's top level.
fn is_module_level(function: &str) -> bool {
    ["<module>", "Object.<anonymous>", "<clinit>", "main.init", "<main>"].iter().any(|name| function.contains(name))
}

fn is_unset(case: &Case<'_>, variable: &str) -> bool {
    case.function.is_some_and(|function| !function.environment.iter().any(|known| known.name == variable))
}

fn cause(case: &Case<'_>, defect: &Defect<'_>) -> marple_case::RootCause {
    let logged = &defect.logged;
    let category = if defect.unset.is_some() { Category::Misconfiguration } else { Category::CodeDefect };
    let mut cause = claim(Verdict::Fault, category);
    let where_ = defect.place.as_ref().map(|place| format!("{}:{}", place.location.file, place.location.line));
    cause.title = format!(
        "{}{}: {}",
        class_or_error(logged),
        where_.map(|at| format!(" at {at}")).unwrap_or_default(),
        explanation(defect)
    );
    cause.components = case.component().into_iter().collect();
    cause.components.extend(defect.sender.and_then(|sender| sender.change.fact.resource.clone()));
    cause.location = defect.place.as_ref().map(|place| place.location.clone());
    cause.onset = Some(logged.first);
    cause.trigger = Some(trigger(case, defect));
    cause.chain = chain(case, defect);
    cause.summary = summary(case, defect);
    cause.gaps.extend(given::gaps(case, defect));
    if defect.place.as_ref().is_none_or(|place| place.line.is_none()) {
        cause.gaps.push(gap(
            "the source at the stack frame",
            "the deployed package shows no such line, or was not readable",
            "read the line in the repository, at the commit that was deployed",
            false,
        ));
    }
    cause
}

fn class_or_error<'l>(logged: &'l Logged<'_>) -> &'l str {
    if logged.class.is_empty() { "Error" } else { logged.class }
}

/// What the line does that fails, in words.
fn explanation(defect: &Defect<'_>) -> String {
    if let Some(variable) = defect.unset {
        return format!("the code needs the environment variable {variable}, which is not set");
    }
    let message = defect.logged.message;
    let value = match (&defect.provenance, nothing(message)) {
        (Some(Provenance { request: Some(path), parsed, .. }), _) => {
            format!("a value taken from {path}{}", if *parsed { " (parsed as JSON)" } else { "" })
        }
        _ => "a value".to_owned(),
    };
    let class = defect.logged.class;
    match (property_in(message), nothing(message)) {
        _ if is_parse_error(class, message) => format!("{value} is not valid JSON"),
        (Some(property), Some(nothing)) => format!("the code reads '{property}' of {value} that is {nothing}"),
        (None, Some(nothing)) => format!("{value} is {nothing} where the code uses it"),
        (Some(property), None) if class.contains("KeyError") => format!("{value} has no key '{property}'"),
        _ if is_index_error(class, message) => format!("{value} has fewer elements than the code takes"),
        _ => message.to_owned(),
    }
}

/// The runtime's word for a missing value, if the message speaks of one.
fn nothing(message: &str) -> Option<&'static str> {
    let words = [
        // Ruby speaks of an undefined method where the value is nil.
        ("for nil", "nil"),
        ("undefined", "undefined"),
        ("null", "null"),
        ("NoneType", "None"),
        ("nil pointer", "nil"),
        ("nil:NilClass", "nil"),
    ];
    let object = message.contains("Object reference not set").then_some("null");
    words.iter().find(|(needle, _)| message.contains(needle)).map(|(_, word)| *word).or(object)
}

fn is_parse_error(class: &str, message: &str) -> bool {
    let json = message.contains("JSON") || message.contains("json") || class.contains("Json") || class.contains("JSON");
    (json
        && (class.contains("Syntax")
            || class.contains("Decode")
            || class.contains("Parse")
            || class.contains("JsonException")
            || message.contains("Unexpected")))
        || message.starts_with("invalid character")
        || message.contains("unexpected end of JSON input")
}

fn is_index_error(class: &str, message: &str) -> bool {
    class.contains("IndexError")
        || class.contains("IndexOutOf")
        || class.contains("OutOfRange")
        || message.contains("index out of range")
}

fn trigger(case: &Case<'_>, defect: &Defect<'_>) -> String {
    if let Some(repeated) = defect.repeated {
        return format!(
            "One message that cannot be handled: {}, and it failed each time",
            input::in_words(repeated.fact)
        );
    }
    if let Some(field) = defect.inputs.first() {
        return format!("Input that is not what it was: since {}, {}", field.first, input::in_words(field.fact));
    }
    if let Some(variable) = defect.unset {
        return format!("Every invocation that reads {variable}: it is not among the function's environment variables");
    }
    if defect.at_start {
        return "Every start of the function: the code fails while it loads, before it looks at a request".to_owned();
    }
    let message = defect.logged.message;
    let request = defect.provenance.as_ref().and_then(|value| value.request.as_deref());
    match request {
        Some(path) if is_parse_error(defect.logged.class, message) => {
            format!("A request whose {path} is not valid JSON")
        }
        Some(path) => match (nothing(message), property_in(message)) {
            (Some(nothing), _) if path.to_lowercase().contains("body") => {
                format!(
                    "A request without a body, or without the part that the code reads: what {path} gives is {nothing}"
                )
            }
            (Some(nothing), _) => format!("A request for which what {path} gives is {nothing}"),
            (None, Some(property)) => format!("A request without '{property}' in {path}"),
            (None, None) => format!("A request whose {path} is not what the code expects"),
        },
        None => {
            let all = case.invocations().map(|invocations| invocations.count).unwrap_or_default();
            let what = if case.fed_by().is_some() { "Some messages" } else { "Some requests" };
            match all > defect.logged.count {
                true => {
                    format!("{what} and not others: {} errors in {all} invocations of the window", defect.logged.count)
                }
                false => "Invocations that reach this line; the logs do not show what sets them apart".to_owned(),
            }
        }
    }
}

fn chain(case: &Case<'_>, defect: &Defect<'_>) -> Vec<marple_case::root_cause::Link> {
    let logged = &defect.logged;
    let mut chain = Chain::default();
    if let Some(change) = defect.change {
        let stamp = change.at.to_string();
        chain.link(
            format!(
                "{} changed the function ({}); the baseline before it ran without this error.",
                change.action,
                change.source.word()
            ),
            Some(change.at),
            [cite::any(change.evidence, &[&[&stamp, &change.action], &[&change.action]])],
        );
        chain.release(case);
    }
    if let Some(variable) = defect.unset {
        chain.link(
            format!("The environment of {} holds no variable {variable}.", case.name()),
            None,
            [cite_setting(case, &[&["environment"]])],
        );
    }
    given::links(&mut chain, defect);
    if let Some(value) = &defect.provenance {
        let is_of_release = defect.change.is_some()
            && case.release().is_some_and(|release| release.wrote(value.line.path(), value.line.number));
        chain.link(statement_of_code(value, defect, is_of_release), None, value.lines().iter().map(|line| line.cite()));
    }
    let at = defect
        .place
        .as_ref()
        .map(|place| format!(" at {}:{}", place.frame.file, place.location.line))
        .unwrap_or_default();
    let frame = logged.own_frame().and_then(|frame| cite_frame(logged, frame));
    let times = if logged.count == 1 { "once".to_owned() } else { format!("{} times", logged.count) };
    let also = if logged.in_baseline { "; the baseline holds it too" } else { "" };
    chain.link(
        format!("The function raised {}{at}, {times} in the window{also}.", logged.headline()),
        Some(logged.first),
        [cite_error(logged), frame],
    );
    if let Some(repeated) = &defect.repeated {
        chain.link(given::comes_back(case, repeated), None, [input::cite_field(repeated)]);
    }
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}

fn statement_of_code(value: &Provenance<'_>, defect: &Defect<'_>, is_of_release: bool) -> String {
    let place = value.line.place();
    let explanation = explanation(defect);
    let guards = ["??", "||", "?.", ".get(", "if ", "if(", "Optional"];
    let unguarded = !value.lines().iter().any(|line| guards.iter().any(|guard| line.text.contains(guard)));
    let check = match (unguarded && value.request.is_some(), defect.unset) {
        (true, None) => " No line on that path checks it first.",
        _ => "",
    };
    let null = match (value.parsed, defect.logged.runtime == "node", nothing(defect.logged.message)) {
        (true, true, Some("null")) => " JSON.parse of a null body gives null and does not fail itself.",
        _ => "",
    };
    let written = if is_of_release { " The release wrote that line." } else { "" };
    format!("In {place}, {explanation}.{written}{null}{check}")
}

fn summary(case: &Case<'_>, defect: &Defect<'_>) -> String {
    let logged = &defect.logged;
    let name = case.name();
    let mut text = format!("{name} fails with {}: {}.", class_or_error(logged), explanation(defect));
    text += &format!(
        " First seen at {}, {} in the window.",
        logged.first,
        if logged.count == 1 { "once".to_owned() } else { format!("{} times", logged.count) }
    );
    text += &format!(" What sets it off: {}.", trigger(case, defect));
    text += match (defect.change.is_some(), logged.in_baseline) {
        (true, _) => " A change of the function lies between a baseline without this error and its first occurrence.",
        (false, true) => " The same error stands in the baseline: it is older than this incident.",
        (false, false) if defect.repeated.is_some() => {
            " Nothing was changed: one message that the code cannot handle is tried again and again."
        }
        (false, false) if defect.sender.is_some() => {
            " The function itself was not changed: what is sent to it was, by a change upstream."
        }
        (false, false) if !defect.inputs.is_empty() => {
            " No change of the function introduced it: what it is given changed."
        }
        (false, false) => " Nothing shows that a change introduced it.",
    };
    if let Some(source) = case.fed_by() {
        text += &match case.is_blocked_by_failures() {
            true => format!(
                " Its batches come from {source}: a batch that fails is tried again, and what is behind it in the shard waits until its record is skipped or expires."
            ),
            false => format!(
                " Its messages come from {source}: a batch that fails comes back after the visibility timeout, whole, until its messages are moved to a dead-letter queue or expire."
            ),
        };
    }
    text += match defect.place.as_ref().map(|place| place.line.is_some()) {
        Some(true) => " The line was read in the deployed code.",
        Some(false) => " The place is known from the stack trace only; the source was not read.",
        None => " No stack frame of the function's own was logged.",
    };
    text
}
