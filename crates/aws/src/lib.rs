//! The toolbox over the AWS SDK: one file a tool, the scope of a trigger, and the opening that collects first evidence.
//!
//! ```text
//! Trigger ─▶ scope ─▶ Scope ─▶ opening (pure) ─▶ PlannedCall ─▶ tool::TOOLS ─▶ tools/*.rs ─▶ Clients ─▶ AWS
//!                                                                  │
//!                                                   Findings or Fault ─▶ Taken (text, facts, outcome, command)
//! ```
//!
//! - [`AwsToolbox`] is the crate's port to investigations; it implements [`marple_agent::ports::Toolbox`].
//! - `tool` is the seam: a tool is a type with arguments, a command line and a `run`. The registry is a table.
//! - [`OPERATIONS`] is the table of every AWS operation that the program can call; [`Doctor`] asks whether the caller may.
//! - `logs`, `metrics` and `opening` read what AWS said without any I/O.
//! - `fault` turns what the SDK says of an error into an outcome: a denial is never "no data".
//!
//! What must not be here: an operation that writes, an operation that gives a secret's value, a generic AWS call, a shell,
//! the system's clock, the environment. Text from AWS is data: it is shown with its control characters made visible, and
//! nothing in it is ever executed.

mod alarms;
mod clients;
mod cloudtrail;
mod database;
mod doctor;
mod ecs;
mod fault;
mod function;
mod hide;
mod images;
mod load_balancer;
mod logs;
mod metrics;
mod opening;
mod operations;
mod package;
mod pattern;
mod scope;
mod stack;
mod text;
mod time;
mod tool;
mod toolbox;
mod tools;
mod window;

pub use clients::Clients;
pub use doctor::{Access, Anonymous, Asked, Doctor, Identity, Permission};
pub use operations::{Caller, OPERATIONS, Operation, Reach};
pub use toolbox::AwsToolbox;
