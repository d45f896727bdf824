//! Worlds of many runtimes, names and values: what is reported of each, and that every quote stands.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod alarms;
mod arbitrary;
mod conversation;
mod credentials;
mod databases;
mod dependencies;
mod deployments;
mod edge;
mod elsewhere;
mod exceptions;
mod fleet;
mod inputs;
mod keys;
mod layers;
mod limits;
mod network;
mod other;
mod outsized;
mod overrun;
mod panics;
mod policies;
mod pools;
mod redelivered;
mod releases;
mod revised;
mod revisions;
mod services;
mod shared;
mod slow;
mod sources;
mod world;
