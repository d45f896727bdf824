//! The author's order of members, on the wire.
//!
//! The SDK keeps JSON objects in hash maps, so that a tool's schema and a call's arguments would go out in another order with
//! every request. A prompt cache compares prefixes byte by byte, and a model reads a schema from top to bottom: both need one
//! order, the author's. Nothing but the order is changed.

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeTransmitInterceptorContextMut, dyn_dispatch_hint},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{body::SdkBody, config_bag::ConfigBag};
use serde_json::Value;

/// Puts the JSON of one request back into its order.
#[derive(Debug, Default)]
pub(crate) struct AuthorsOrder {
    /// The tools' schemas, in the order of the tools.
    pub(crate) schemas: Vec<Value>,
    /// The arguments of all calls, in the order of the conversation.
    pub(crate) arguments: Vec<Value>,
    /// The additional fields of the model.
    pub(crate) fields: Value,
    /// The request's metadata.
    pub(crate) metadata: Value,
}

#[dyn_dispatch_hint]
impl Intercept for AuthorsOrder {
    fn name(&self) -> &'static str {
        "AuthorsOrder"
    }

    /// Runs once, after the request was serialised and before it is signed.
    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let Some(bytes) = request.body().bytes() else { return Ok(()) };
        let mut body: Value = serde_json::from_slice(bytes)?;
        self.restore(&mut body);
        let bytes = serde_json::to_vec(&body)?;
        request.headers_mut().insert("content-length", bytes.len().to_string());
        *request.body_mut() = SdkBody::from(bytes);
        Ok(())
    }
}

impl AuthorsOrder {
    fn restore(&self, body: &mut Value) {
        let tools = items(body, "/toolConfig/tools");
        put(tools.filter_map(|tool| tool.pointer_mut("/toolSpec/inputSchema/json")), &self.schemas);
        let blocks = items(body, "/messages").flat_map(|message| items(message, "/content"));
        put(blocks.filter_map(|block| block.pointer_mut("/toolUse/input")), &self.arguments);
        put(body.get_mut("additionalModelRequestFields").into_iter(), std::slice::from_ref(&self.fields));
        put(body.get_mut("requestMetadata").into_iter(), std::slice::from_ref(&self.metadata));
    }
}

fn items<'a>(within: &'a mut Value, pointer: &str) -> impl Iterator<Item = &'a mut Value> + use<'a> {
    within.pointer_mut(pointer).and_then(Value::as_array_mut).into_iter().flatten()
}

/// Puts each original where its equal stands; two values are equal whatever the order of their members.
fn put<'a>(places: impl Iterator<Item = &'a mut Value>, originals: &[Value]) {
    for (place, original) in places.zip(originals) {
        if place == original {
            place.clone_from(original);
        }
    }
}
