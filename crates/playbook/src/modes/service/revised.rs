//! A revision that changed what the program is given — a secret or a variable taken away, a value replaced — and since which it fails or is
//! slow, though no error of its own names the setting.
//!
//! Discriminating questions: does the effect begin while the deployment rolls out, after a time without it? is the image the same, so that the
//! settings alone can be what changed? was a credential taken away? does a new log line show the setting empty, or with its new value? Where
//! the program raises a new exception, that tells more, and this only goes with it.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use marple_case::{
    Category, Citation, Verdict,
    facts::{ChangedField, FieldChange, LogSummary, LogTemplate, Series},
    root_cause::{Link, RuledOut},
};
use regex::Regex;

use super::{
    Introduced, ServiceFault,
    crash::setting::{Setting, Wrong},
    introduced, service_and_definition, whole_words,
};
use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, cite_series, claim},
    reading::{Case, Seen},
};

/// A deployment shows its effect within this time.
const ROLLOUT: SignedDuration = SignedDuration::from_mins(10);
/// As many times the time before is slow.
const SLOWER: f64 = 1.5;
/// Data points from which a mean is one.
const ENOUGH: usize = 5;

/// `environment: - NAME`, `secrets: - NAME`, `environment NAME: a -> b`, with the container's name before it where there are several.
static ALTERED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?:^|: )(?:(?<kind>environment|secrets): - (?<gone>\S+)|environment (?<name>\S+): (?<old>.*) -> (?<new>.*))$",
    )
    .ok()
});
/// Names of what a program logs in with.
static CREDENTIAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:^|_)(?:pass(?:word|wd)?|secret|token|api_?key|access_?key|private_?key|credentials?|client_?id|auth|dsn|user(?:name)?|login)(?:$|_)").ok()
});
/// `clientId=<empty>`, `"token": null`, `api-key is not set`.
static EMPTY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?<key>[a-z][a-z0-9_.-]{3,})["']?\s*(?:[=:]|\bis\b)\s*["']?(?:<empty>|<none>|<unset>|\(empty\)|\(none\)|\(not set\)|empty\b|null\b|nil\b|None\b|undefined\b|unset\b|missing\b|not set\b|not configured\b|["']["'])"#).ok()
});
/// `mode=sync`, `"mode": "sync"`.
static ASSIGNED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?<key>[A-Za-z][A-Za-z0-9_.-]*)["']?\s*[=:]\s*["']?(?<value>[^\s"',;)}\]]+)"#).ok());

/// Names of fields that tell how long something took.
static DURATION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:^|[._-])(?:ms|dur(?:ation)?|elapsed|latency|took|time|seconds?)$|(?:Ms|Millis|Seconds|Duration|Elapsed|Latency)$").ok()
});

/// What a revision did to a setting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Altered<'a> {
    /// The line of the difference.
    pub(crate) line: &'a str,
    /// The variable.
    pub(crate) name: &'a str,
    /// The old and the new value; `None`: it was taken away.
    pub(crate) values: Option<(&'a str, &'a str)>,
    /// Whether it was injected from a secret, or is named like a credential, and was taken away.
    pub(crate) is_credential: bool,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Effect<'a> {
    /// Requests fail.
    Failing(Seen<'a, Series>),
    /// Requests take longer: the mean before and after, seconds.
    Slow(Seen<'a, Series>, f64, f64),
}

/// Where the log shows a setting as it is now.
#[derive(Debug, Clone, Copy)]
enum Told<'a> {
    /// In a new line.
    Line(Seen<'a, LogTemplate>),
    /// In a field of lines that were there before with another value.
    Field(Seen<'a, ChangedField>),
}

/// Changed settings as they were found.
#[derive(Debug)]
pub(crate) struct Revised<'a> {
    /// The deployment of the revision.
    pub(crate) introduced: Introduced<'a>,
    /// What it changed that fits.
    pub(crate) altered: Vec<Altered<'a>>,
    /// What came of it.
    pub(crate) effect: Effect<'a>,
    /// A new log line that shows the setting.
    told: Option<Told<'a>>,
    /// A new log line about as frequent as the failures.
    with_failures: Option<Seen<'a, LogTemplate>>,
    /// First effect.
    onset: Timestamp,
}

/// Examines the case for a revision whose settings are at fault.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let (effect, first) = failing(case).or_else(|| slow(case))?;
    let introduced = introduced(case, first).filter(|one| !one.taken_back)?;
    let at = introduced.at?;
    if first.duration_since(at) > ROLLOUT || !stands_clean_before(effect, at) {
        return None;
    }
    let all: Vec<Altered<'a>> = introduced.differences().iter().filter_map(|line| altered(line)).collect();
    let told_of = |one: &Altered<'a>| told(case, one, at);
    let credentials: Vec<Altered<'a>> = all.iter().filter(|one| one.is_credential).copied().collect();
    let named: Vec<Altered<'a>> = all.iter().filter(|one| told_of(one).is_some()).copied().collect();
    let altered = match (credentials.is_empty(), named.is_empty()) {
        (false, _) => credentials,
        (true, false) => named,
        (true, true) if introduced.keeps_images() => all,
        (true, true) => return None,
    };
    let told = altered.iter().find_map(told_of);
    let with_failures = with_failures(case, effect, at);
    let lost = altered.iter().any(|one| one.is_credential);
    let alone = introduced.keeps_images() && (altered.len() == 1 || lost);
    let other = case.failures.iter().any(|logged| !logged.in_baseline && !logged.class.is_empty());
    let support = match (altered.is_empty(), other) {
        (true, _) => return None,
        (false, true) => Support::Possible,
        (false, false) if told.is_some() || alone => Support::Shown,
        (false, false) => Support::Likely,
    };
    let onset = with_failures.and_then(|line| line.fact.first).map_or(first, |line| within_minute(first, line));
    let revised = Revised { introduced, altered, effect, told, with_failures, onset };
    Some(Hypothesis {
        support,
        fresh: true,
        explains: 1,
        looks_for: "A revision changed what the program is given, and the trouble begins with it.".to_owned(),
        wants: Vec::new(),
        cause: cause(case, &revised),
        diagnosis: Diagnosis::Service(ServiceFault::Revised(Box::new(revised))),
    })
}

/// A line's own time where it lies in the metric's period; a metric tells the period's beginning only.
fn within_minute(period: Timestamp, line: Timestamp) -> Timestamp {
    let after = line.duration_since(period);
    if after >= SignedDuration::ZERO && after <= ROLLOUT { line } else { period }
}

fn altered(line: &str) -> Option<Altered<'_>> {
    let found = ALTERED.as_ref()?.captures(line)?;
    let text = |name: &str| found.name(name).map(|part| part.as_str());
    let name = text("gone").or_else(|| text("name"))?;
    let is_named = CREDENTIAL.as_ref().is_some_and(|pattern| pattern.is_match(name));
    let is_credential = text("gone").is_some() && (text("kind") == Some("secrets") || is_named);
    Some(Altered { line, name, values: text("old").zip(text("new")), is_credential })
}

/// Requests that fail now and did not before.
fn failing<'a>(case: &Case<'a>) -> Option<(Effect<'a>, Timestamp)> {
    let errors = case.server_errors().filter(|errors| errors.window.sum > 0.0)?;
    let usual = errors.fact.baseline.map_or(0.0, |baseline| baseline.sum);
    let first = errors.fact.points.iter().find(|point| point.value > 0.0).map(|point| point.at)?;
    (errors.window.sum >= 10.0 * usual.max(0.5)).then_some((Effect::Failing(errors), first))
}

/// Requests that take longer from one period on: the greatest step of the mean.
fn slow<'a>(case: &Case<'a>) -> Option<(Effect<'a>, Timestamp)> {
    let series = case.balanced("TargetResponseTime", "Average")?;
    let deployed = case.workload.deployments().filter_map(|deployment| deployment.created);
    let at = deployed.filter(|at| case.scope.window.contains(*at)).max()?;
    let settled = at.checked_add(ROLLOUT).ok()?;
    let mean = |from: Timestamp, to: Timestamp| {
        let inside = series.fact.points.iter().filter(|point| point.at >= from && point.at < to);
        let values: Vec<f64> = inside.map(|point| point.value).collect();
        (values.len() >= ENOUGH).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let before = mean(case.scope.window.start, at)?;
    let after = mean(settled, case.scope.window.end)?;
    let usual = series.fact.baseline.filter(|baseline| baseline.points > 0)?.mean;
    let first = series.fact.points.iter().find(|point| point.at >= at && point.value >= SLOWER * before)?;
    (after >= SLOWER * before && after >= SLOWER * usual).then_some((Effect::Slow(series, before, after), first.at))
}

/// Whether the effect is not there before the deployment.
fn stands_clean_before(effect: Effect<'_>, at: Timestamp) -> bool {
    let (series, limit) = match effect {
        Effect::Failing(series) => (series, 0.0),
        Effect::Slow(series, before, after) => (series, f64::midpoint(before, after)),
    };
    // A period that the deployment began in may hold its effect.
    let whole = SignedDuration::from_secs(i64::from(series.period_s));
    let earlier = series.fact.points.iter().filter(|point| point.at.checked_add(whole).is_ok_and(|end| end <= at));
    let (mut all, mut high) = (0_u32, 0_u32);
    for point in earlier {
        all += 1;
        high += u32::from(point.value > limit);
    }
    high * 10 <= all
}

/// Letters and digits alone, in lower case: `clientId` and `CLIENT_ID` are the same.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

/// A new line that shows a setting that was taken away as empty, or one that was replaced with its new value.
fn told<'a>(case: &Case<'a>, one: &Altered<'_>, at: Timestamp) -> Option<Told<'a>> {
    let name = plain(one.name);
    let is_part = |key: &str| key.len() >= 4 && name.ends_with(&plain(key));
    let shows = |sample: &str| match one.values {
        None => EMPTY.as_ref().is_some_and(|pattern| {
            pattern.captures_iter(sample).filter_map(|found| found.name("key")).any(|key| is_part(key.as_str()))
        }),
        Some((_, new)) => ASSIGNED.as_ref().is_some_and(|pattern| {
            let mut pairs =
                pattern.captures_iter(sample).filter_map(|found| found.name("key").zip(found.name("value")));
            pairs.any(|(key, value)| is_part(key.as_str()) && value.as_str() == new)
        }),
    };
    let lines = case.new_lines().into_iter().filter(|line| line.first.is_some_and(|first| first >= at));
    let line = lines.filter(|line| shows(&line.fact.sample)).min_by_key(|line| line.first);
    let has_value = |field: &Seen<'a, ChangedField>| {
        let last = field.fact.field.rsplit('.').next().unwrap_or_default();
        let new = one.values.map(|(_, new)| new);
        is_part(last)
            && matches!(&field.fact.change, FieldChange::Values { new: values, .. } if values.iter().any(|value| Some(value.as_str()) == new))
    };
    let field = changed_fields(case).into_iter().find(|field| field.first >= at && has_value(field));
    field.map(Told::Field).or(line.map(Told::Line))
}

fn changed_fields<'a>(case: &Case<'a>) -> Vec<Seen<'a, ChangedField>> {
    let of = |summary: &Seen<'a, LogSummary>| {
        let (evidence, fields) = (summary.evidence, &summary.fact.changed_fields);
        fields.iter().map(move |fact| Seen { evidence, fact }).collect::<Vec<_>>()
    };
    case.summaries.iter().flat_map(of).collect()
}

/// The field of the log that tells which times grew, where requests are slow.
fn slow_field<'a>(case: &Case<'a>, at: Timestamp) -> Option<Seen<'a, ChangedField>> {
    let is_time = |name: &str| DURATION.as_ref().is_some_and(|pattern| pattern.is_match(name));
    changed_fields(case).into_iter().find(|field| field.first >= at && is_time(&field.fact.field))
}

/// Quotes a changed field as the summary tells it.
fn cite_field(field: Seen<'_, ChangedField>) -> Option<Citation> {
    let named = match field.fact.beside.is_empty() {
        true => field.fact.field.clone(),
        false => format!("{} of \"{}\"", field.fact.field, field.fact.beside),
    };
    cite::any(field.evidence, &[&[&named, "before"], &[&field.fact.field, "before"]])
}

/// A new line that was written about as often as requests failed.
fn with_failures<'a>(case: &Case<'a>, effect: Effect<'a>, at: Timestamp) -> Option<Seen<'a, LogTemplate>> {
    let Effect::Failing(errors) = effect else { return None };
    let as_often = |line: &Seen<'a, LogTemplate>| {
        let count = line.fact.count as f64;
        count >= 0.7 * errors.window.sum
            && count <= 1.5 * errors.window.sum
            && line.first.is_some_and(|first| first >= at)
    };
    case.new_lines().into_iter().filter(as_often).max_by_key(|line| (line.is_error, line.count))
}

impl<'a> Revised<'a> {
    /// `ID and SECRET`.
    fn names(&self) -> String {
        self.altered.iter().map(|one| one.name).collect::<Vec<_>>().join(" and ")
    }

    fn is_lost(&self) -> bool {
        self.altered.iter().any(|one| one.is_credential)
    }

    /// What was done, as a predicate of the revision.
    fn deed(&self) -> String {
        match self.altered.as_slice() {
            [Altered { name, values: Some((old, new)), .. }] => format!("sets {name} to {new} in place of {old}"),
            all if all.iter().all(|one| one.values.is_none()) => {
                format!("no longer gives the program {}", self.names())
            }
            _ => format!("changed {}", self.names()),
        }
    }

    /// The first of the settings, for the plan.
    pub(crate) fn setting(&self) -> Option<Setting<'a>> {
        let one = self.altered.first()?;
        let wrong = if one.values.is_none() { Wrong::Missing } else { Wrong::Unusable };
        Some(Setting { name: one.name.to_owned(), wrong, difference: Some(one.line) })
    }
}

fn cause(case: &Case<'_>, found: &Revised<'_>) -> marple_case::RootCause {
    let category = if found.is_lost() { Category::MissingCredentials } else { Category::Misconfiguration };
    let mut cause = claim(Verdict::Fault, category);
    let (name, revision) = (case.name(), &found.introduced.revision);
    let state = match found.effect {
        Effect::Failing(_) => "fails",
        Effect::Slow(..) => "is slow",
    };
    cause.title = format!("{name} {state} since {revision}, which {}", found.deed());
    cause.components = service_and_definition(case);
    cause.onset = Some(found.onset);
    cause.trigger = Some(format!("Since {revision} runs, the requests that need {}", found.names()));
    cause.chain = chain(case, found);
    cause.summary = summary(case, found);
    cause.ruled_out = rivals(found);
    cause
}

fn quoted_line(line: Seen<'_, LogTemplate>) -> (String, Option<Citation>) {
    let words: String = line.fact.sample.lines().next().unwrap_or_default().chars().take(220).collect();
    let words = whole_words(&words).to_owned();
    let cited = cite::line(line.evidence, &[&words]);
    (words, cited)
}

fn chain(case: &Case<'_>, found: &Revised<'_>) -> Vec<Link> {
    let mut chain = Chain::default();
    let introduced = &found.introduced;
    let at = introduced.at.filter(|at| *at <= found.onset);
    chain.link(introduced.statement(case.name()), at, introduced.citations());
    let lines = found.altered.iter().map(|one| introduced.cite_difference(one.line));
    let image = if introduced.keeps_images() { "; the images are the same" } else { "" };
    chain.link(format!("{} {}{image}.", introduced.revision, found.deed()), None, lines);
    match found.told {
        Some(Told::Line(line)) => {
            let (words, cited) = quoted_line(line);
            let statement = format!("Since then the program logs the setting as it is now: {words}");
            chain.link(statement, line.fact.first, [cited]);
        }
        Some(Told::Field(field)) => {
            let beside = match field.fact.beside.as_str() {
                "" => String::new(),
                words => format!(" in its lines \"{words}\""),
            };
            let value = found.altered.iter().find_map(|one| one.values).map(|(_, new)| format!("={new}"));
            let statement = format!(
                "Since then the program logs {}{}{beside}, {} times.",
                field.fact.field,
                value.unwrap_or_default(),
                field.fact.count
            );
            chain.link(statement, Some(field.fact.first), [cite_field(field)]);
        }
        None => {}
    }
    if let Some(line) = found.with_failures {
        let (words, cited) = quoted_line(line);
        let statement = format!("Since then it logs, {} times and never in the baseline: {words}", line.fact.count);
        chain.link(statement, line.fact.first, [cited]);
    }
    match found.effect {
        Effect::Failing(_) => chain.impact(case),
        Effect::Slow(series, before, after) => {
            let statement = format!(
                "{} rose with the deployment from {:.0} to {:.0} ms on average.",
                series.metric.name,
                before * 1000.0,
                after * 1000.0
            );
            let cited = cite_series(series.evidence, &series.metric.name, &series.fact.statistic);
            let field = introduced.at.and_then(|at| slow_field(case, at)).and_then(cite_field);
            chain.link(statement, Some(found.onset), [cited, field]);
        }
    }
    chain.alarm(case);
    chain.finish()
}

fn summary(case: &Case<'_>, found: &Revised<'_>) -> String {
    let (name, introduced) = (case.name(), &found.introduced);
    let effect = match found.effect {
        Effect::Failing(_) => "answers requests with errors".to_owned(),
        Effect::Slow(_, before, after) => {
            format!("takes {:.0} ms on average, and {:.0} ms before", after * 1000.0, before * 1000.0)
        }
    };
    let before = introduced.before.as_ref().map(|before| format!(" {} ran without this.", before.revision));
    format!(
        "{name} {effect}. It began at {}, while {} was rolled out, which {}.{}",
        found.onset,
        introduced.revision,
        found.deed(),
        before.unwrap_or_default()
    )
}

/// That the new image is at fault, where the image is the same.
fn rivals(found: &Revised<'_>) -> Vec<RuledOut> {
    let introduced = &found.introduced;
    let citations: Vec<Citation> =
        found.altered.iter().filter_map(|one| introduced.cite_difference(one.line)).collect();
    let rival = RuledOut {
        hypothesis: "The code: a new image".to_owned(),
        reason: "Both revisions name the same image; only settings differ.".to_owned(),
        citations,
    };
    (introduced.keeps_images() && !rival.citations.is_empty()).then_some(rival).into_iter().collect()
}
