//! Who asks, by STS's own word; and the time on AWS's clock, which every answer carries.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeDeserializationInterceptorContextRef, dyn_dispatch_hint},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use jiff::Timestamp;

use crate::{
    clients::Clients,
    fault::{Asked as _, Fault},
};

/// The caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account's number.
    pub account: String,
    /// The user's or the assumed role's ARN.
    pub arn: String,
}

/// Why there is no caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Anonymous {
    /// There are no credentials, or AWS does not accept them.
    #[error("{0}")]
    Credentials(String),
    /// AWS could not be asked.
    #[error("{0}")]
    Unavailable(String),
}

/// What STS said.
#[derive(Debug)]
pub struct Asked {
    /// The caller.
    pub identity: Result<Identity, Anonymous>,
    /// The time on AWS's clock, to the second. `None`: no answer came, or one without a `Date`.
    pub answered_at: Option<Timestamp>,
}

pub(super) async fn ask(clients: &Clients) -> Asked {
    let date = Date::default();
    let asked = clients.sts().get_caller_identity().customize().interceptor(date.clone());
    let identity = match asked.send().await.asked("sts:GetCallerIdentity") {
        Ok(answer) => Ok(Identity {
            account: answer.account().unwrap_or_default().to_owned(),
            arn: answer.arn().unwrap_or_default().to_owned(),
        }),
        Err(Fault::Credentials { message }) => Err(Anonymous::Credentials(message)),
        // Nobody needs a permission for this call: who is denied it, is denied as a person.
        Err(fault @ Fault::Denied { .. }) => Err(Anonymous::Credentials(fault.to_string())),
        Err(fault) => Err(Anonymous::Unavailable(fault.to_string())),
    };
    Asked { identity, answered_at: date.read() }
}

/// Keeps the `Date` of the last answer, an error's too.
#[derive(Debug, Clone, Default)]
struct Date(Arc<Mutex<Option<Timestamp>>>);

impl Date {
    fn read(&self) -> Option<Timestamp> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[dyn_dispatch_hint]
impl Intercept for Date {
    fn name(&self) -> &'static str {
        "Date"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date").and_then(parse);
        if date.is_some() {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date;
        }
        Ok(())
    }
}

/// `Tue, 16 Dec 2025 05:45:37 GMT` (RFC 9110, section 5.6.7).
fn parse(date: &str) -> Option<Timestamp> {
    Some(jiff::fmt::rfc2822::parse(date).ok()?.timestamp())
}
