//! What goes wrong on the wire of a world that is being played, and what has been asked of it so far.
//!
//! Chance is drawn from the seed, the fault, the request and how often it came before: the same requests meet the same faults, in
//! whatever order they are made.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::scenario::{FaultKind, WireFaults};

/// A request, as far as faults are concerned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// `logs:FilterLogEvents`.
    pub(crate) action: &'a str,
    pub(crate) input: &'a Value,
}

/// Which request this is; both from 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number {
    /// Of all requests.
    pub(crate) total: u64,
    /// Of those that ask the same.
    pub(crate) attempt: u64,
}

/// The faults of a world's wire, and the requests so far.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    faults: WireFaults,
    total: AtomicU64,
    throttled: AtomicU64,
    attempts: Mutex<HashMap<[u8; 32], u64>>,
}

/// What became of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// `logs:FilterLogEvents`; `s3:GetObject` for a function's package.
    pub action: String,
    /// Tells requests apart that ask for different things; retries of one request have the same.
    pub request: [u8; 32],
    /// What went wrong, if something did.
    pub fault: Option<FaultKind>,
}

/// The requests to one handle of a world, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub struct Record(Arc<Mutex<Vec<Answered>>>);

impl Record {
    /// All requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Answered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn add(&self, asked: &Asked<'_>, fault: Option<FaultKind>) {
        let answered = Answered { action: asked.action.to_owned(), request: asked.digest(), fault };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(answered);
    }
}

impl Outage {
    pub(crate) fn new(faults: WireFaults) -> Self {
        Self { faults, ..Self::default() }
    }

    pub(crate) fn faults(&self) -> &WireFaults {
        &self.faults
    }

    /// Counts a request.
    pub(crate) fn count(&self, asked: &Asked<'_>) -> Number {
        let total = self.total.fetch_add(1, Ordering::Relaxed) + 1;
        if self.faults.fault.is_empty() {
            return Number { total, attempt: 1 };
        }
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let attempt = attempts.entry(asked.digest()).or_default();
        *attempt += 1;
        Number { total, attempt: *attempt }
    }

    /// Counts a call that matches `wire.throttle`, from 1.
    pub(crate) fn count_throttled(&self) -> u64 {
        self.throttled.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A number from 0 to 1, 1 excluded.
    pub(crate) fn draw(&self, fault: usize, asked: &Asked<'_>, attempt: u64) -> f64 {
        let mut hash = Sha256::new();
        hash.update(self.faults.seed.to_le_bytes());
        hash.update((fault as u64).to_le_bytes());
        hash.update(attempt.to_le_bytes());
        hash.update(asked.digest());
        let digest: [u8; 32] = hash.finalize().into();
        let bits = digest.iter().take(4).fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }
}

impl Asked<'_> {
    fn digest(&self) -> [u8; 32] {
        Sha256::digest(format!("{} {}", self.action, self.input)).into()
    }
}
