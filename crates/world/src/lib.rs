//! A scenario's AWS: answers the requests of the AWS SDK, the AWS CLI and boto3 from a scenario's folder.
//!
//! ```text
//! Files ──▶ Scenario ──▶ World ──▶ http_client()   in-process, no sockets
//!   ▲                      │  └──▶ serve()         the same answers on a loopback port
//!   └── rewrite            ▼
//!                        wire (recognise, decode) ──▶ services (one file a service) ──▶ wire (encode)
//! ```
//!
//! - [`Files`] is a scenario's folder in memory; [`rewrite`] makes variants of it before anything is parsed.
//! - [`Scenario`] is `scenario.toml`, read strictly. The files under `world/` are read at their first use;
//!   [`World::check`] reads them all.
//! - [`World`] is the account and region as they stood at the scenario's `now`. Nothing later is ever visible.
//!
//! What must not be here: the vocabulary of investigations (`marple-case`), the system clock, the environment, and
//! any recorded request. Every query gets the answer that AWS would give, or AWS's own error.

mod check;
mod files;
mod http;
mod logs;
mod metrics;
mod outage;
mod page;
pub mod rewrite;
mod scenario;
mod services;
mod traffic;
mod wire;
mod world;

pub use files::{Files, ReadError};
pub use http::serve::{ServeError, serve};
pub use outage::{Answered, Record};
pub use scenario::{
    ActionKind, Category, Fault, FaultKind, ImmediateActions, Location, MustNot, PlanTruth, Scenario, ScenarioError,
    Throttle, Trigger, Truth, Verdict, WireFaults,
};
pub use world::World;
