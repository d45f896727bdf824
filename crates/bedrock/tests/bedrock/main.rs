//! The model over a real wire: a fake Bedrock Runtime on loopback that keeps the service's rules and plays scripted answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod answers;
mod conversation;
mod fake;
mod faults;
mod properties;
mod requests;
