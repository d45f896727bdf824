//! One request, one answer.

use crate::World;
use crate::services::{self, Package, SNAPSHOTS};
use crate::wire::{Request, Response, recognise};

impl World {
    /// Answers a request in its own protocol, after the latency that the scenario has on its wire.
    pub(crate) async fn answer(&self, request: Request) -> Response {
        let latency = self.scenario().wire.latency();
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let world = self.clone();
        // Generating and searching logs takes a core for a while: calls that are made together run together.
        match tokio::task::spawn_blocking(move || world.answer_now(&request)).await {
            Ok(response) => response,
            Err(error) => {
                tracing::error!(%error, "an operation of the world did not end");
                let mut response = Response::default();
                *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
                response
            }
        }
    }

    fn answer_now(&self, request: &Request) -> Response {
        if request.uri().path().starts_with(SNAPSHOTS) {
            return Package::download(self, request);
        }
        let request_id = self.next_request_id();
        match recognise(request) {
            Ok(call) => {
                let outcome = services::call(self, call.service, &call.operation, &call.input);
                let error = outcome.as_ref().err().map(|error| error.code.as_ref());
                tracing::debug!(service = call.service.name, operation = call.operation, error, request_id, "answered");
                call.respond(outcome, &request_id)
            }
            Err(unrecognised) => {
                tracing::warn!(
                    path = request.uri().path(),
                    error = unrecognised.error.message,
                    "no service takes this request"
                );
                unrecognised.respond(&request_id)
            }
        }
    }
}
