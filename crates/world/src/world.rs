//! The account and region as they stood at the scenario's `now`.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::{Scenario, ScenarioError, services};

/// One scenario being played. Clones share what has been parsed, and the count of throttled calls.
#[derive(Clone)]
pub struct World {
    scenario: Arc<Scenario>,
    state: Arc<State>,
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
    /// Calls so far that match `wire.throttle`.
    throttled_calls: AtomicU64,
    /// Requests so far, of which request ids are made.
    requests: AtomicU64,
}

impl World {
    /// A world at its beginning. Nothing under `world/` is read yet.
    #[must_use]
    pub fn new(scenario: Arc<Scenario>) -> Self {
        let package_origin = format!("https://awslambda-{0}-tasks.s3.{0}.amazonaws.com", scenario.region).into();
        Self { scenario, state: Arc::default(), package_origin }
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

    /// Reads every file of the world, as tests and authors want it. Playing reads each at its first use only.
    ///
    /// # Errors
    /// All that is wrong, one error a service.
    pub fn check(&self) -> Result<(), Vec<ScenarioError>> {
        let patterns = self.scenario.truth.patterns().filter_map(|pattern| {
            let what = regex::Regex::new(pattern).err()?.to_string();
            Some(ScenarioError::Invalid { file: crate::scenario::SCENARIO_FILE.to_owned(), what })
        });
        let services = services::SERVICES.iter().filter_map(|service| (service.check)(self).err());
        let errors: Vec<_> = patterns.chain(services).collect();
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

    /// Counts a call that matches `wire.throttle`, from 1.
    pub(crate) fn count_throttled_call(&self) -> u64 {
        self.state.throttled_calls.fetch_add(1, Ordering::Relaxed) + 1
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
