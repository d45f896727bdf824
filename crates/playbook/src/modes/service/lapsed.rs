//! A key that has expired: what is called answers, refuses with 401 or 403, and says that the key's time is over.
//!
//! Discriminating questions: is the refusal new, and does it name a key of the program and not a session of a visitor? was the secret that
//! holds it left as it was (it ran out), or changed shortly before (then it was rotated, and `dependency` tells it)? which injected secret
//! is no database's?

use std::sync::LazyLock;

use marple_case::{
    Category, Citation, ResourceRef, Verdict,
    facts::{InjectedSecret, LogTemplate, Secret, ShownValue},
    root_cause::{Link, RuledOut},
};
use regex::Regex;

use super::{ServiceFault, introduced, whole_words};
use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, claim, gap},
    reading::{Case, Seen, failure::host_of},
};

/// Words that say that a key of a program has run out, or was taken back.
static LAPSED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    const KEY: &str = r"(?:api[ _-]?(?:key|token)|client[ _-]?secret|subscription[ _-]?key|licen[cs]e[ _-]?key|service[ _-]?account[ _-]?key)";
    Regex::new(&format!(
        r"(?i){KEY}s?\b[^\n]{{0,80}}?\b(?:expired|revoked)\b|{KEY}_(?:expired|revoked)|\b(?:expired|revoked)[ _-]{KEY}"
    ))
    .ok()
});
/// A status by which the other side refuses who asks.
static REFUSED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b40[13]\b").ok());
static URL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"https?://[^\s"'<>?,;)\]}]+"#).ok());
/// Names of variables that hold a key for an API.
static KEY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:api_?key|api_?token|access_?key|client_?secret|_key|_token|_secret|licen[cs]e)$").ok()
});

/// A key that has run out, as it was found.
#[derive(Debug)]
pub(crate) struct Lapsed<'a> {
    /// The new line that says so.
    line: Seen<'a, LogTemplate>,
    /// The host that refuses, where a new line names it.
    pub(crate) host: Option<(String, Seen<'a, LogTemplate>)>,
    /// The injected secret that holds the key.
    pub(crate) key: Option<&'a InjectedSecret>,
    /// That secret's own record.
    pub(crate) secret: Option<Seen<'a, Secret>>,
}

/// Examines the case for a key that has run out.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let line = case.new_lines().into_iter().filter(|line| says(&line.fact.sample)).min_by_key(|line| line.first)?;
    let first = line.first?;
    let host = case.new_lines().into_iter().find_map(|other| {
        let url = URL.as_ref()?.find(&other.fact.sample).filter(|_| is_refusal(&other.fact.sample))?;
        Some((host_of(url.as_str()).to_owned(), other))
    });
    let host = host.or_else(|| only_host(case).map(|host| (host, line)));
    let key = key(case, host.as_ref().map(|(host, _)| host.as_str()));
    let secret = key.and_then(|key| {
        case.secrets
            .iter()
            .find(|one| key.value_from.starts_with(&one.arn) || key.value_from.contains(&one.name))
            .copied()
    });
    let changed = secret.and_then(|secret| secret.rotated.max(secret.changed));
    // What was exchanged shortly before was rotated: another mode's.
    if changed.is_some_and(|at| at >= case.scope.baseline.start && at <= first) {
        return None;
    }
    let served = case.baseline_count().is_none_or(|count| count > 0);
    let lapsed = Lapsed { line, host, key, secret };
    Some(Hypothesis {
        support: if served { Support::Shown } else { Support::Likely },
        fresh: true,
        explains: line.count,
        looks_for: "What is called refuses a key that has expired; looking for the secret that holds it.".to_owned(),
        wants: Vec::new(),
        cause: cause(case, &lapsed),
        diagnosis: Diagnosis::Service(ServiceFault::Lapsed(Box::new(lapsed))),
    })
}

fn is_refusal(text: &str) -> bool {
    REFUSED.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

fn says(text: &str) -> bool {
    is_refusal(text) && LAPSED.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// The only address of the environment that is no database's and none of AWS.
fn only_host(case: &Case<'_>) -> Option<String> {
    let environment = case.environment();
    let urls = environment.iter().filter_map(|variable| match &variable.value {
        ShownValue::Plain(value) if value.starts_with("http") && !value.contains(".amazonaws.com") => {
            Some(host_of(value))
        }
        _ => None,
    });
    let mut hosts: Vec<&str> = urls.collect();
    hosts.dedup();
    match hosts.as_slice() {
        [one] => Some((*one).to_owned()),
        _ => None,
    }
}

/// The injected secret that is named like a key: of several the one that shares a word with the host.
fn key<'a>(case: &Case<'a>, host: Option<&str>) -> Option<&'a InjectedSecret> {
    let injected = case.workload.containers().into_iter().flat_map(|container| &container.secrets);
    let keys: Vec<&InjectedSecret> =
        injected.filter(|one| KEY.as_ref().is_some_and(|pattern| pattern.is_match(&one.name))).collect();
    let host = host.unwrap_or_default().to_lowercase();
    let shares = |one: &&&InjectedSecret| {
        let words = format!("{} {}", one.name, one.value_from).to_lowercase();
        let mut parts = host.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| part.len() >= 4);
        parts.any(|part| !matches!(part, "example" | "https" | "http") && words.contains(part))
    };
    match keys.as_slice() {
        [one] => Some(*one),
        several => several.iter().find(shares).copied(),
    }
}

impl Lapsed<'_> {
    /// Who refuses, for sentences.
    pub(crate) fn called(&self) -> &str {
        self.host.as_ref().map_or("what it calls", |(host, _)| host.as_str())
    }

    /// The key, for sentences.
    pub(crate) fn key_in_words(&self) -> String {
        match (self.key, self.secret) {
            (Some(key), Some(secret)) => format!("the key {} (secret {})", key.name, secret.name),
            (Some(key), None) => format!("the key {} (from {})", key.name, key.value_from),
            (None, _) => "the key that the program presents".to_owned(),
        }
    }

    /// Where a new key belongs, for sentences.
    pub(crate) fn store(&self) -> String {
        match (self.key, self.secret) {
            (_, Some(secret)) => format!("the secret {}", secret.name),
            (Some(key), None) => key.value_from.clone(),
            (None, None) => "where the program takes its key from".to_owned(),
        }
    }

    /// The secret as commands name it.
    pub(crate) fn secret_id(&self) -> Option<&str> {
        self.secret.map(|secret| secret.fact.arn.as_str())
    }

    /// The line's own words.
    fn words(&self) -> String {
        let words: String = self.line.fact.sample.lines().next().unwrap_or_default().chars().take(220).collect();
        whole_words(&words).to_owned()
    }
}

fn cause(case: &Case<'_>, lapsed: &Lapsed<'_>) -> marple_case::RootCause {
    let mut cause = claim(Verdict::Fault, Category::ExpiredOrRotatedSecret);
    let name = case.name();
    cause.title = format!("{} refuses {} of {name}: it has expired", lapsed.called(), lapsed.key_in_words());
    let secret: Option<ResourceRef> = lapsed.secret.map(|secret| secret.fact.resource());
    cause.components = case.component().into_iter().chain(secret).collect();
    cause.onset = lapsed.line.first;
    cause.trigger = Some(format!("Every call of {} since then", lapsed.called()));
    cause.summary = format!(
        "{name} is refused by {}: {}. First seen at {}, {} time(s) in the window and never in the baseline. {}",
        lapsed.called(),
        lapsed.words(),
        lapsed.line.first.map(|at| at.to_string()).unwrap_or_default(),
        lapsed.line.count,
        match lapsed.secret.and_then(|secret| secret.rotated.max(secret.changed)) {
            Some(at) => format!("The key was not exchanged: its secret is as it was set at {at}, so that it ran out."),
            None => "That it was exchanged is not shown, so that it ran out.".to_owned(),
        }
    );
    cause.chain = chain(case, lapsed);
    cause.ruled_out = rivals(case, lapsed);
    cause.gaps.push(gap(
        "until when the key was valid, and whether there is a new one",
        "no tool reads a secret's value, and the issuer is outside of the account",
        "ask the issuer of the key, or look at its console",
        false,
    ));
    cause
}

fn chain(case: &Case<'_>, lapsed: &Lapsed<'_>) -> Vec<Link> {
    let mut chain = Chain::default();
    if let Some(key) = lapsed.key {
        let injected =
            case.settings().and_then(|evidence| cite::any(evidence, &[&["secret", &key.name, "from"], &[&key.name]]));
        chain.link(format!("The program is given {}.", lapsed.key_in_words()), None, [injected]);
    }
    if let Some(secret) = lapsed.secret {
        let at = secret.rotated.max(secret.changed).or(secret.created);
        let since = at.map(|at| format!(" since {at}")).unwrap_or_default();
        let by_itself = if secret.rotation_enabled { "" } else { ", and is not rotated by itself" };
        let statement = format!("The secret {} has not been changed{since}{by_itself}.", secret.name);
        chain.link(statement, at, [cite_secret(&secret)]);
    }
    let words = lapsed.words();
    let refused = lapsed.host.as_ref().and_then(|(host, line)| {
        cite::line(line.evidence, &[host.as_str(), "40"]).or_else(|| cite::line(line.evidence, &[host]))
    });
    chain.link(
        format!("{} refuses the calls, {} times in the window: {words}", lapsed.called(), lapsed.line.count),
        lapsed.line.first,
        [cite::line(lapsed.line.evidence, &[&words]), refused],
    );
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}

fn cite_secret(secret: &Seen<'_, Secret>) -> Option<Citation> {
    let listed = format!("secret {},", secret.name);
    cite::any(secret.evidence, &[&[&listed], &[&secret.name]])
}

/// A deployment before it, after which calls went well; a rotation of another secret; the network.
fn rivals(case: &Case<'_>, lapsed: &Lapsed<'_>) -> Vec<RuledOut> {
    let said: Vec<Citation> = cite::line(lapsed.line.evidence, &[&lapsed.words()]).into_iter().collect();
    let mut rivals = vec![RuledOut {
        hypothesis: format!("The network to {}, or that it is down", lapsed.called()),
        reason: "It is reached and answers: it refuses, and says why.".to_owned(),
        citations: said.clone(),
    }];
    let Some(first) = lapsed.line.first else { return rivals };
    let gap = |at: jiff::Timestamp| first.duration_since(at).as_secs();
    if let Some(introduced) = introduced(case, first) {
        let served = introduced.at.filter(|at| gap(*at) > 600);
        let [shown, _] = introduced.citations();
        rivals.extend(served.map(|at| RuledOut {
            hypothesis: format!("The deployment of {} at {at}", introduced.revision),
            reason: format!(
                "The first refusal came {} later, and says that the key has expired.",
                super::minutes(gap(at))
            ),
            citations: shown.into_iter().chain(said.iter().cloned()).collect(),
        }));
    }
    let other = |secret: &&Seen<'_, Secret>| {
        lapsed.secret.is_none_or(|own| own.fact.arn != secret.fact.arn)
            && secret.rotated.max(secret.changed).is_some_and(|at| at >= case.scope.baseline.start && at <= first)
    };
    rivals.extend(case.secrets.iter().find(other).map(|secret| RuledOut {
        hypothesis: format!("The rotation of the secret {}", secret.name),
        reason: format!("It is not the key that {} refuses.", lapsed.called()),
        citations: cite_secret(secret).into_iter().chain(said.iter().cloned()).collect(),
    }));
    rivals.retain(|rival| !rival.citations.is_empty());
    rivals
}
