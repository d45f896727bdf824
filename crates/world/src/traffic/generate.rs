//! Which invocations a function had, in which container, and how each went.
//!
//! Background arrivals are uniform within each hour. Containers are kept as Lambda keeps them: an invocation goes to the
//! container that was used last among the idle ones, a new one is started (a cold start, a new log stream) when all are
//! busy, and each retires after about so many invocations. Stated invocations take part in the same play.

use super::file::{FunctionTraffic, Outcome};
use super::instant;
use super::line::push_hex;
use super::numbers::Draws;

const HOUR_MS: i64 = 3_600_000;

/// One invocation, decided but not yet written as log lines.
#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    /// When the handler started (`START`), epoch milliseconds.
    pub(crate) at: i64,
    pub(crate) outcome: Outcome,
    /// Milliseconds; two digits count.
    pub(crate) duration_ms: f64,
    /// Milliseconds of a cold start.
    pub(crate) init_ms: Option<f64>,
    pub(crate) memory_mb: i64,
    /// Index into [`Plan::streams`]; a throttled invocation has none.
    pub(crate) stream: Option<usize>,
    /// Index into the function's stated invocations; none for background traffic.
    pub(crate) stated: Option<usize>,
}

impl Invocation {
    /// When it ended, epoch milliseconds.
    pub(crate) fn end(&self) -> i64 {
        self.at + self.duration_ms.round() as i64
    }

    /// When its first log line was written, epoch milliseconds.
    pub(crate) fn begin(&self) -> i64 {
        self.at - self.init_ms.unwrap_or(0.0).round() as i64
    }

    /// Whether it counts in the metric `Errors`.
    pub(crate) fn failed(&self) -> bool {
        matches!(self.outcome, Outcome::Error | Outcome::Timeout | Outcome::OutOfMemory)
    }
}

/// All invocations of a function up to now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// In order of `at`.
    pub(crate) invocations: Vec<Invocation>,
    /// Log stream names, one a container.
    pub(crate) streams: Vec<String>,
}

struct Container {
    stream: usize,
    busy_until: i64,
    left: u32,
}

struct Player<'a> {
    function: &'a FunctionTraffic,
    /// Lives and names of containers; apart from the invocations' own numbers, so that stating one more invocation moves no other.
    containers_draws: Draws,
    containers: Vec<Container>,
    plan: Plan,
}

/// Decides all invocations of `function` that start up to `now`.
pub(crate) fn plan(function: &FunctionTraffic, seed: u64, now: i64) -> Plan {
    let background = background(function, seed);
    let stated = function.stated.iter().enumerate().map(|(index, invocation)| {
        let duration_ms = invocation.duration_ms(function.configuration.timeout_s, function.duration_ms);
        let memory_mb = invocation.memory_mb.unwrap_or(match invocation.outcome {
            Outcome::OutOfMemory => function.configuration.memory_mb,
            _ => function.memory_mb.high,
        });
        let (at, outcome) = (invocation.at.as_millisecond(), invocation.outcome);
        Invocation {
            at,
            outcome,
            duration_ms,
            init_ms: invocation.init_ms,
            memory_mb,
            stream: None,
            stated: Some(index),
        }
    });
    let mut invocations: Vec<Invocation> =
        background.into_iter().chain(stated).filter(|invocation| invocation.at <= now).collect();
    invocations.sort_by_key(|invocation| invocation.at);

    let containers_draws = Draws::of(seed, &format!("{}/containers", function.name));
    let mut player = Player { function, containers_draws, containers: Vec::new(), plan: Plan::default() };
    for invocation in invocations {
        player.place(invocation);
    }
    player.plan
}

/// Background arrivals; where `init_ms` is given, it is what a cold start would take.
fn background(function: &FunctionTraffic, seed: u64) -> Vec<Invocation> {
    let mut draws = Draws::of(seed, &function.name);
    let mut invocations = Vec::new();
    let mut hour = function.from.div_euclid(HOUR_MS) * HOUR_MS;
    let mut arrivals = Vec::new();
    while hour < function.to {
        let expected = function.per_hour.at(hour) * (0.85 + 0.3 * draws.unit());
        let count = (expected + draws.unit()).floor() as usize;
        arrivals.clear();
        arrivals.extend((0..count).map(|_| hour + draws.integer(0, HOUR_MS - 1)));
        arrivals.sort_unstable();
        for at in &arrivals {
            let invocation = background_invocation(function, *at, &mut draws);
            if (function.from..function.to).contains(at) {
                invocations.push(invocation);
            }
        }
        hour += HOUR_MS;
    }
    invocations
}

fn background_invocation(function: &FunctionTraffic, at: i64, draws: &mut Draws) -> Invocation {
    let timeout_ms = (function.configuration.timeout_s * 1000) as f64;
    let duration_ms = draws.log_normal(function.duration_ms.median, function.duration_ms.p99).max(0.7);
    let init_ms = draws.log_normal(function.init_ms.median, function.init_ms.p99);
    let memory_mb = draws.integer(function.memory_mb.low, function.memory_mb.high);
    let fails = draws.unit() < function.error_rate;
    let outcome = match (duration_ms >= timeout_ms, fails) {
        (true, _) => Outcome::Timeout,
        (_, true) => Outcome::Error,
        _ => Outcome::Ok,
    };
    let duration_ms = duration_ms.min(timeout_ms);
    Invocation { at, outcome, duration_ms, init_ms: Some(init_ms), memory_mb, stream: None, stated: None }
}

impl Player<'_> {
    /// Gives the invocation a container, and with it a log stream; throttled ones get none.
    fn place(&mut self, mut invocation: Invocation) {
        if invocation.outcome != Outcome::Throttled {
            let stated = invocation.stated.is_some();
            let wants_cold_start = stated && invocation.init_ms.is_some();
            let idle = self.containers.iter().rposition(|container| container.busy_until < invocation.at);
            let container = match idle.filter(|_| !wants_cold_start) {
                Some(index) => {
                    invocation.init_ms = None;
                    self.containers.remove(index)
                }
                None => self.start(invocation.at),
            };
            invocation.stream = Some(container.stream);
            let container =
                Container { busy_until: invocation.end(), left: container.left.saturating_sub(1), ..container };
            if container.left > 0 {
                self.containers.push(container); // last used, first reused
            }
        }
        self.plan.invocations.push(invocation);
    }

    fn start(&mut self, at: i64) -> Container {
        let usual = f64::from(self.function.invocations_per_container);
        let left = (usual * (0.75 + 0.5 * self.containers_draws.unit())).round().max(1.0) as u32;
        let mut name = format!("{}/[$LATEST]", instant::stream_date(at));
        push_hex(&mut name, 32, &mut self.containers_draws);
        self.plan.streams.push(name);
        Container { stream: self.plan.streams.len() - 1, busy_until: at, left }
    }
}
