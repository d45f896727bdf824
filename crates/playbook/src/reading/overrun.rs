//! Requests that outlast the limit of the server that runs the program: gunicorn, uWSGI, PHP-FPM and Unicorn end the worker then.
//!
//! The exception of the abort is no defect: its frames tell where the request was when it was ended. Where clients of a network are among
//! them, it waited for an answer.

use jiff::Timestamp;
use marple_case::facts::{EnvironmentVariable, Frame, LogTemplate, ShownValue};

use super::{Case, Seen, awaited::Awaited, failure::Failure, logged::Logged};
use crate::source::host::looks_like_host;

/// Requests that were ended.
#[derive(Debug, Clone)]
pub(crate) struct Overrun<'a> {
    /// The server's own line.
    pub(crate) line: Option<Seen<'a, LogTemplate>>,
    /// The error that tells it: the abort's exception, else the server's line.
    pub(crate) logged: Logged<'a>,
    /// Whom the requests waited for, where the abort's frames show a wait.
    pub(crate) waits: Option<Wait<'a>>,
}

/// A wait that an abort interrupted.
#[derive(Debug, Clone)]
pub(crate) struct Wait<'a> {
    /// The address, or the place of the call.
    pub(crate) target: String,
    /// The variable of the environment that holds the address.
    pub(crate) variable: Option<&'a EnvironmentVariable>,
}

/// What the server ended, if that is new against the baseline.
pub(crate) fn overrun<'a>(case: &Case<'a>) -> Option<Overrun<'a>> {
    let sort = |logged: &&Logged<'a>| logged.failure == Failure::Overrun && !logged.in_baseline;
    let logged = case.failures.iter().find(sort)?.clone();
    let line = case.new_lines().into_iter().find(|line| Failure::of(&line.sample) == Failure::Overrun);
    let waits = wait(case, &logged);
    Some(Overrun { line, logged, waits })
}

impl<'a> Overrun<'a> {
    /// How many requests were ended.
    pub(crate) fn count(&self) -> u64 {
        self.line.map_or(0, |line| line.count).max(self.logged.count)
    }

    /// When the first was ended.
    pub(crate) fn first(&self) -> Timestamp {
        self.line.and_then(|line| line.first).map_or(self.logged.first, |line| line.min(self.logged.first))
    }

    /// The wait, as other waits are told.
    pub(crate) fn awaited(&self) -> Option<Awaited<'a>> {
        let wait = self.waits.as_ref()?;
        let (target, variable) = (wait.target.clone(), wait.variable);
        Some(Awaited { target, unfinished: None, late: None, line: None, variable })
    }
}

/// Whether an exception is that of a server which aborts its worker at the limit: gunicorn's signal handler, which leaves by `SystemExit`.
pub(super) fn is_abort(frames: &[Frame]) -> bool {
    frames
        .iter()
        .any(|frame| frame.function.as_deref() == Some("handle_abort") && frame.file.contains("gunicorn/workers/"))
}

/// Whether a frame is of a client of the network.
fn is_client(frame: &Frame) -> bool {
    const CLIENTS: [&str; 12] = [
        "/ssl.py",
        "/socket.py",
        "/http/client.py",
        "/urllib3/",
        "/requests/",
        "/httpx/",
        "/httpcore/",
        "/botocore/",
        "/redis/",
        "/psycopg",
        "/pymysql/",
        "/grpc/",
    ];
    !frame.in_app && CLIENTS.iter().any(|client| frame.file.contains(client))
}

fn wait<'a>(case: &Case<'a>, logged: &Logged<'a>) -> Option<Wait<'a>> {
    let own = logged.own_frame()?;
    let inner = logged.frames.iter().take_while(|frame| !frame.in_app);
    inner.into_iter().find(|frame| is_client(frame))?;
    let line = source_line(logged.sample, own);
    let words: Vec<&str> = line.map_or(Vec::new(), |line| {
        line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).collect()
    });
    let addresses: Vec<(&'a EnvironmentVariable, &'a str)> =
        case.environment().into_iter().filter_map(address).collect();
    let on_line = addresses.iter().find(|(variable, _)| words.contains(&variable.name.as_str()));
    let only = match addresses.as_slice() {
        [one] => Some(one),
        _ => None,
    };
    let place = || format!("what {}:{} calls", own.file, own.line.unwrap_or_default());
    Some(match on_line.or(only) {
        Some((variable, value)) => Wait { target: (*value).to_owned(), variable: Some(*variable) },
        None => Wait { target: place(), variable: None },
    })
}

/// A variable that holds an address, with that.
fn address(variable: &EnvironmentVariable) -> Option<(&EnvironmentVariable, &str)> {
    match &variable.value {
        ShownValue::Plain(value) if value.contains("://") || looks_like_host(value) => Some((variable, value)),
        _ => None,
    }
}

/// The line of source that a Python stack trace prints below a frame.
fn source_line<'s>(sample: &'s str, frame: &Frame) -> Option<&'s str> {
    let number = format!("line {},", frame.line?);
    let mut lines = sample.lines();
    lines.find(|line| line.contains(&frame.file) && line.contains(&number))?;
    lines.next()
}
