//! One request, one answer, or what a fault of the wire leaves of it.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};

use super::body::{self, Answer};
use crate::World;
use crate::scenario::FaultKind;
use crate::services::{self, Met, Package, SNAPSHOTS, Transport, faults};
use crate::wire::{Call, Request, Response, Unrecognised, recognise};

/// What a request is for.
enum Wanted {
    Call(Box<Call>),
    Package,
    Unknown(Box<Unrecognised>),
}

impl World {
    /// Answers a request in its own protocol, after the latency that the scenario has on its wire.
    ///
    /// # Errors
    /// When a fault of the wire cuts the connection before the answer. Where a fault keeps the answer back, this never ends.
    pub(super) async fn answer(&self, request: Request) -> io::Result<http::Response<Answer>> {
        wait(self.outage().faults().latency()).await;
        let wanted = wanted(&request);
        let met = match &wanted {
            Wanted::Call(call) => faults::of_call(self, call.service, &call.operation, &call.input),
            Wanted::Package => faults::of_download(self, &request.uri().to_string()),
            Wanted::Unknown(_) => Met::NOTHING,
        };
        let transport = match met {
            Met::Answer(transport) => transport,
            Met::Refusal(_) => Transport::AT_ONCE,
        };
        match transport {
            Transport::After(delay) => wait(delay).await,
            Transport::Silent => std::future::pending().await,
            Transport::Cut => return Err(body::cut()),
            Transport::Half | Transport::Stalled => {}
        }
        let mut response = self.computed(request, wanted, met).await;
        // The length of the whole: whoever reads less knows that it is not all.
        let length = HeaderValue::from(response.body().len());
        response.headers_mut().insert(CONTENT_LENGTH, length);
        Ok(response.map(|bytes| match transport {
            Transport::Half => Answer::broken(&bytes),
            Transport::Stalled => Answer::stalled(&bytes),
            Transport::After(_) | Transport::Silent | Transport::Cut => Answer::whole(bytes),
        }))
    }

    async fn computed(&self, request: Request, wanted: Wanted, met: Met) -> Response {
        let world = self.clone();
        // Generating and searching logs takes a core for a while: calls that are made together run together.
        match tokio::task::spawn_blocking(move || world.answer_now(&request, &wanted, met)).await {
            Ok(response) => response,
            Err(error) => {
                tracing::error!(%error, "an operation of the world did not end");
                let mut response = Response::default();
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                response
            }
        }
    }

    fn answer_now(&self, request: &Request, wanted: &Wanted, met: Met) -> Response {
        let request_id = self.next_request_id();
        match (wanted, met) {
            (Wanted::Package, Met::Refusal(kind)) => Package::refusal(kind),
            (Wanted::Package, Met::Answer(_)) => Package::download(self, request),
            (Wanted::Call(_), Met::Refusal(FaultKind::Unavailable)) => unavailable(),
            (Wanted::Call(call), met) => {
                let outcome = services::call(self, call.service, &call.operation, &call.input, met);
                let error = outcome.as_ref().err().map(|error| error.code.as_ref());
                tracing::debug!(service = call.service.name, operation = call.operation, error, request_id, "answered");
                call.respond(outcome, &request_id)
            }
            (Wanted::Unknown(unrecognised), _) => {
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

fn wanted(request: &Request) -> Wanted {
    if request.uri().path().starts_with(SNAPSHOTS) {
        return Wanted::Package;
    }
    match recognise(request) {
        Ok(call) => Wanted::Call(Box::new(call)),
        Err(unrecognised) => Wanted::Unknown(Box::new(unrecognised)),
    }
}

async fn wait(delay: Duration) {
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
}

/// What a load balancer before a service says: no protocol of AWS.
fn unavailable() -> Response {
    let page = "<html><body><b>Http/1.1 Service Unavailable</b></body> </html>";
    let mut response = Response::new(Bytes::from_static(page.as_bytes()));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}
