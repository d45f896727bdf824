//! `[wire]` of `scenario.toml`: what goes wrong between an investigator and AWS, whatever the incident is.

use std::num::NonZeroU64;
use std::time::Duration;

use serde::Deserialize;

/// Faults of the wire itself, applied before any operation is dispatched.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WireFaults {
    /// Operations (`secretsmanager:ListSecrets`, `rds:*`) that are answered with the service's access-denied error.
    pub deny: Vec<String>,
    /// Operations that are throttled now and then.
    pub throttle: Option<Throttle>,
    /// What every answer waits for.
    pub latency_ms: u64,
    /// Of the faults that come by chance; the same seed gives each request the same faults, in whatever order they come.
    pub seed: u64,
    /// `[[wire.fault]]`: whatever else goes wrong. The first that strikes a request decides.
    pub fault: Vec<Fault>,
}

/// Throttling: of the calls that match, every so many-th is refused once.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Throttle {
    /// Operations by `service:Operation`, with `*` for any run of characters.
    pub operations: Vec<String>,
    /// 3: the third, sixth, … matching call is throttled.
    pub every: NonZeroU64,
}

/// One thing that goes wrong, with which requests, and how often.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Operations by `service:Operation`, with `*` for any run of characters. The download of a function's package is `s3:GetObject`.
    #[serde(default = "all")]
    pub operations: Vec<String>,
    /// The share of these requests that it strikes, 0 to 1. A retry is a request like any other.
    #[serde(default = "always")]
    pub chance: f64,
    /// It begins after so many requests of whatever kind: a token that expires half-way.
    #[serde(default)]
    pub after: u64,
    /// How long a `slow` answer takes, milliseconds.
    #[serde(default = "a_second")]
    pub delay_ms: u64,
}

/// What goes wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The service's throttling error.
    Throttled,
    /// The service's internal error.
    ServerError,
    /// A bare 503 of what stands before the service, in no protocol of AWS.
    Unavailable,
    /// The service's access-denied error.
    Denied,
    /// The region is not enabled for the account: the token is not known there.
    RegionOff,
    /// The account is not subscribed to the service.
    NotSubscribed,
    /// The session token has expired.
    ExpiredToken,
    /// The answer takes `delay_ms`.
    Slow,
    /// No answer ever comes.
    NoAnswer,
    /// The connection is cut before the answer.
    Cut,
    /// The connection is cut in the middle of the answer.
    HalfAnswer,
    /// The answer stops in the middle, and the connection stays.
    StalledAnswer,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Throttled,
        Self::ServerError,
        Self::Unavailable,
        Self::Denied,
        Self::RegionOff,
        Self::NotSubscribed,
        Self::ExpiredToken,
        Self::Slow,
        Self::NoAnswer,
        Self::Cut,
        Self::HalfAnswer,
        Self::StalledAnswer,
    ];

    /// Whether the answer comes all the same.
    pub fn is_answered(self) -> bool {
        self == Self::Slow
    }
}

impl Fault {
    /// A fault of all requests.
    #[must_use]
    pub fn always_of(kind: FaultKind) -> Self {
        Self { kind, operations: all(), chance: always(), after: 0, delay_ms: a_second() }
    }
}

fn all() -> Vec<String> {
    vec!["*".to_owned()]
}

fn always() -> f64 {
    1.0
}

fn a_second() -> u64 {
    1_000
}

impl WireFaults {
    /// What every answer waits for.
    #[must_use]
    pub fn latency(&self) -> Duration {
        Duration::from_millis(self.latency_ms)
    }

    /// What is wrong with it, if anything.
    pub(super) fn fault(&self) -> Option<String> {
        let stray = self.fault.iter().position(|fault| !(0.0..=1.0).contains(&fault.chance))?;
        Some(format!("wire.fault[{stray}].chance: has to be from 0 to 1"))
    }
}
