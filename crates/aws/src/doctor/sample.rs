//! One resource of each kind, to ask about.

use std::sync::OnceLock;

use aws_smithy_types::DateTime;
use jiff::{SignedDuration, Timestamp};

use super::Identity;
use crate::time;

/// A name that nothing has.
const NOBODY: &str = "marple-doctor-asks-for-nothing";

/// What the lists found; where they found nothing, a name that nothing has.
#[derive(Debug)]
pub(super) struct Sample {
    /// `arn:aws:elasticloadbalancing:REGION:ACCOUNT:`
    balancing: String,
    now: Timestamp,
    pub alarm: OnceLock<String>,
    pub function: OnceLock<String>,
    pub cluster: OnceLock<String>,
    pub task_definition: OnceLock<String>,
    pub log_group: OnceLock<String>,
    pub stack: OnceLock<String>,
    pub load_balancer: OnceLock<String>,
    pub target_group: OnceLock<String>,
    pub query: OnceLock<String>,
}

impl Sample {
    pub(super) fn new(identity: &Identity, region: &str, now: Timestamp) -> Self {
        let partition = identity.arn.split(':').nth(1).unwrap_or("aws");
        Self {
            balancing: format!("arn:{partition}:elasticloadbalancing:{region}:{}:", identity.account),
            now,
            alarm: OnceLock::new(),
            function: OnceLock::new(),
            cluster: OnceLock::new(),
            task_definition: OnceLock::new(),
            log_group: OnceLock::new(),
            stack: OnceLock::new(),
            load_balancer: OnceLock::new(),
            target_group: OnceLock::new(),
            query: OnceLock::new(),
        }
    }

    /// A name, or the one that nothing has.
    pub(super) fn name(name: &OnceLock<String>) -> &str {
        name.get().map_or(NOBODY, String::as_str)
    }

    pub(super) fn load_balancer(&self) -> String {
        self.load_balancer
            .get()
            .cloned()
            .unwrap_or_else(|| format!("{}loadbalancer/app/{NOBODY}/0000000000000000", self.balancing))
    }

    pub(super) fn listener(&self) -> String {
        format!("{}listener/app/{NOBODY}/0000000000000000/0000000000000000", self.balancing)
    }

    pub(super) fn target_group(&self) -> String {
        self.target_group
            .get()
            .cloned()
            .unwrap_or_else(|| format!("{}targetgroup/{NOBODY}/0000000000000000", self.balancing))
    }

    pub(super) fn query(&self) -> &str {
        self.query.get().map_or("00000000-0000-4000-8000-000000000000", String::as_str)
    }

    pub(super) fn now(&self) -> DateTime {
        time::date_time(self.now)
    }

    /// So long ago.
    pub(super) fn ago(&self, span: SignedDuration) -> DateTime {
        time::date_time(self.now.checked_sub(span).unwrap_or(self.now))
    }
}

/// Keeps the first name of a list.
pub(super) fn keep(first: Option<&str>, into: &OnceLock<String>) {
    if let Some(name) = first {
        into.get_or_init(|| name.to_owned());
    }
}
