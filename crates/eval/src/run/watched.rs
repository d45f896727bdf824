//! A model whose failures are remembered: whether a run that gave no report was the service's failure or the model's.

use std::sync::{Arc, Mutex, PoisonError};

use futures::{StreamExt, stream::BoxStream};
use marple_agent::ports::{Delta, Estimate, Model, ModelError, Turn};

/// A model, and the last error of its service.
pub(super) struct Watched {
    model: Arc<dyn Model>,
    failure: Mutex<Option<String>>,
}

impl Watched {
    pub(super) fn new(model: Arc<dyn Model>) -> Self {
        Self { model, failure: Mutex::default() }
    }

    /// What kept the service from answering, if something did.
    pub(super) fn service_failure(&self) -> Option<String> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn remember(&self, error: &ModelError) {
        let of_service = match error {
            ModelError::Credentials { .. }
            | ModelError::AccessDenied { .. }
            | ModelError::UnknownModel { .. }
            | ModelError::ReplayDiffers { .. }
            | ModelError::Throttled { .. }
            | ModelError::Unavailable { .. } => true,
            // A conversation that the service refuses, or that has grown too large, is the investigation's own doing.
            ModelError::Rejected { .. } | ModelError::ContextExceeded { .. } => false,
        };
        if of_service {
            *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
        }
    }
}

impl Model for Watched {
    fn id(&self) -> &str {
        self.model.id()
    }

    fn is_language_model(&self) -> bool {
        self.model.is_language_model()
    }

    fn context_window(&self) -> Option<u64> {
        self.model.context_window()
    }

    fn estimate(&self, turn: &Turn<'_>) -> Option<Estimate> {
        self.model.estimate(turn)
    }

    fn answer<'a>(&'a self, turn: Turn<'a>) -> BoxStream<'a, Result<Delta, ModelError>> {
        let deltas = self.model.answer(turn);
        deltas
            .inspect(|delta| {
                if let Err(error) = delta {
                    self.remember(error)
                }
            })
            .boxed()
    }
}
