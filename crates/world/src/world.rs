//! The account and region as they stood at the scenario's `now`.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::outage::{Outage, Record};
use crate::{Scenario, ScenarioError, WireFaults, check};

/// One scenario being played. Clones share what has been parsed, and what has been asked so far.
#[derive(Clone)]
pub struct World {
    scenario: Arc<Scenario>,
    state: Arc<State>,
    outage: Arc<Outage>,
    /// Of the requests to this handle, where somebody wants to know.
    record: Option<Record>,
    /// Scheme, host and port of the addresses that deployment packages are downloaded from.
    package_origin: Arc<str>,
}

/// Part of a world that is parsed from the scenario's files at its first use, once.
///
/// Every service keeps its resources in such a type: `world.parsed::<Stacks>()?`.
pub(crate) trait Parsed: Sized + Send + Sync + 'static {
    /// Reads the files. Absent files are empty, as in an account that has none of it.
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError>;
}

type Outcome = Result<Arc<dyn Any + Send + Sync>, ScenarioError>;

#[derive(Default)]
struct State {
    parsed: Mutex<HashMap<TypeId, Arc<std::sync::OnceLock<Outcome>>>>,
    /// Requests so far, of which request ids are made.
    requests: AtomicU64,
}

impl World {
    /// A world at its beginning. Nothing under `world/` is read yet.
    #[must_use]
    pub fn new(scenario: Arc<Scenario>) -> Self {
        let package_origin = format!("https://awslambda-{0}-tasks.s3.{0}.amazonaws.com", scenario.region).into();
        let outage = Arc::new(Outage::new(scenario.wire.clone()));
        Self { scenario, state: Arc::default(), outage, record: None, package_origin }
    }

    /// The same world, of which nothing has been asked yet: its faults begin anew. What was parsed is shared.
    #[must_use]
    pub fn afresh(&self) -> Self {
        self.with_faults(self.outage.faults().clone())
    }

    /// The same world with these faults on its wire, of which nothing has been asked yet. What was parsed is shared.
    #[must_use]
    pub fn with_faults(&self, faults: WireFaults) -> Self {
        Self { outage: Arc::new(Outage::new(faults)), ..self.clone() }
    }

    /// Another handle of the same world, with a record of the requests to it.
    #[must_use]
    pub fn recorded(&self) -> (Self, Record) {
        let record = Record::default();
        (Self { record: Some(record.clone()), ..self.clone() }, record)
    }

    /// The same world with deployment packages at another address: `http://127.0.0.1:4566`.
    pub(crate) fn with_package_origin(&self, origin: String) -> Self {
        Self { package_origin: origin.into(), ..self.clone() }
    }

    /// The scenario that is played.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The clock of the investigation; nothing after it is ever visible.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.scenario.now
    }

    /// Reads every file of the world, and holds it to the format, as tests and authors want it. Playing reads each file at its first
    /// use only, and is not as strict.
    ///
    /// # Errors
    /// All that is wrong, each once.
    pub fn check(&self) -> Result<(), Vec<ScenarioError>> {
        let errors = check::faults(self);
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    pub(crate) fn package_origin(&self) -> &str {
        &self.package_origin
    }

    /// A part of the world, parsed at its first use and shared from then on.
    pub(crate) fn parsed<T: Parsed>(&self) -> Result<Arc<T>, ScenarioError> {
        let once = Arc::clone(
            self.state.parsed.lock().unwrap_or_else(PoisonError::into_inner).entry(TypeId::of::<T>()).or_default(),
        );
        let outcome = once.get_or_init(|| T::parse(&self.scenario).map(|parsed| Arc::new(parsed) as _));
        let parsed = Arc::clone(outcome.as_ref().map_err(Clone::clone)?);
        parsed.downcast().map_err(|_| ScenarioError::Invalid {
            file: "world".to_owned(),
            what: format!("{} is not what was parsed", std::any::type_name::<T>()),
        })
    }

    /// What goes wrong on the wire.
    pub(crate) fn outage(&self) -> &Outage {
        &self.outage
    }

    pub(crate) fn record(&self) -> Option<&Record> {
        self.record.as_ref()
    }

    /// The id of the next answer, in the form of AWS's.
    pub(crate) fn next_request_id(&self) -> String {
        let number = self.state.requests.fetch_add(1, Ordering::Relaxed) + 1;
        format!("{:08x}-0000-4000-8000-{number:012x}", self.scenario.seed & 0xffff_ffff)
    }
}

impl fmt::Debug for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("World").field("scenario", &self.scenario.title).finish_non_exhaustive()
    }
}
