//! Whether an investigation of this account would get what it asks for: who asks, and each permission of the table.
//!
//! ```text
//! identity (sts) ─▶ account ─▶ wave 1: what lists ─▶ wave 2: what needs a resource ─▶ wave 3: what needs a query
//!                                        └── Sample: one resource of each kind, or a name that nothing has ──┘
//! ```
//! A permission is found out by the cheapest call that needs it: one result a page, one second of logs, one point of a metric. Where the
//! account has no resource of a kind, a name that does not exist is asked for: AWS says "not found" to those who may ask, and "denied" to
//! those who may not.
//!
//! Invariants: nothing but [`crate::Operation`]s of the table is called; an answer that says neither yes nor no is [`Access::Unclear`].

use aws_types::SdkConfig;
use futures::{StreamExt, future::BoxFuture, stream};
use jiff::Timestamp;

use crate::{clients::Clients, fault::Fault, operations::Operation, stack};

mod identity;
mod lists;
mod sample;
mod singles;

pub use identity::{Anonymous, Asked, Identity};
use sample::Sample;

/// Requests at once: a tenth of the smallest quota is plenty, and forty take a second.
const AT_ONCE: usize = 10;

/// Examines one account in one region.
#[derive(Debug)]
pub struct Doctor {
    clients: Clients,
}

/// What is known of a permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// The operation that needs it.
    pub operation: &'static Operation,
    /// Whether the caller has it.
    pub access: Access,
}

/// Whether the caller has a permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// AWS answered.
    Granted,
    /// AWS denied it.
    Denied {
        /// AWS's own words.
        message: String,
    },
    /// There was no answer, or one that says neither.
    Unclear {
        /// What there was.
        message: String,
    },
}

/// The call that finds a permission out.
struct Probe {
    /// The IAM action.
    action: &'static str,
    /// Asks; keeps in the sample what others need.
    ask: for<'a> fn(&'a Clients, &'a Sample) -> BoxFuture<'a, Result<(), Fault>>,
}

/// Each wave needs what the ones before it found.
const WAVES: [&[Probe]; 3] = [lists::PROBES, singles::PROBES, singles::LAST];

impl Doctor {
    /// A doctor with this configuration. No request is made.
    pub fn new(config: &SdkConfig) -> Self {
        Self { clients: Clients::new(config) }
    }

    /// Who asks, and what AWS's clock shows.
    pub async fn identity(&self) -> Asked {
        identity::ask(&self.clients).await
    }

    /// Every permission that an investigation needs, in the table's order.
    pub async fn permissions(&self, identity: &Identity, now: Timestamp) -> Vec<Permission> {
        let sample = Sample::new(identity, self.clients.region(), now);
        let mut found = Vec::new();
        for wave in WAVES {
            let asked = wave.iter().map(|probe| self.permission(probe, &sample));
            found.extend(
                stream::iter(asked).buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect::<Vec<_>>().await,
            );
        }
        found
            .sort_by_key(|permission| crate::OPERATIONS.iter().position(|operation| operation == permission.operation));
        found
    }

    async fn permission(&self, probe: &Probe, sample: &Sample) -> Option<Permission> {
        let answer = (probe.ask)(&self.clients, sample).await;
        Some(Permission { operation: Operation::of_action(probe.action)?, access: access(answer) })
    }
}

fn access(answer: Result<(), Fault>) -> Access {
    match answer {
        Ok(()) => Access::Granted,
        Err(fault) if is_absent(&fault) => Access::Granted,
        Err(Fault::Denied { message, .. }) => Access::Denied { message },
        Err(fault) => Access::Unclear { message: fault.to_string() },
    }
}

/// Whether AWS says that what was asked for does not exist, which it says only to those who may know.
fn is_absent(fault: &Fault) -> bool {
    let says = |wanted: &str, words: &str| matches!(fault, Fault::Refused { code, message, .. } if code == wanted && message.contains(words));
    fault.is_not_found()
        || stack::is_unknown(fault)
        || fault.is_refused_with(&["ListenerNotFound"])
        || says("ClientException", "Unable to describe task definition")
}

/// The actions that are found out.
#[cfg(test)]
pub(crate) fn probed() -> impl Iterator<Item = &'static str> {
    WAVES.into_iter().flatten().map(|probe| probe.action)
}
