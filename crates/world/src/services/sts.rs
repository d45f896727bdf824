//! STS: who is looking.

use serde_json::{Value, json};

use super::resource::{Resource, text};
use super::{ApiError, QueryApi, Service};
use crate::scenario::read_json;
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

/// STS.
pub(super) const SERVICE: Service = Service {
    name: "sts",
    signing_name: "sts",
    query: Some(QueryApi { version: "2011-06-15", namespace: "https://sts.amazonaws.com/doc/2011-06-15/" }),
    operations: &[("GetCallerIdentity", get_caller_identity)],
    check: |world| world.parsed::<Identity>().map(drop),
    ..Service::BLANK
};

const FILE: &str = "world/sts/identity.json";

struct Identity(Resource);

impl Parsed for Identity {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let Some(content) = scenario.files().get(FILE) else {
            let account = &scenario.account;
            return Ok(Self(Resource::from_iter([
                ("UserId".to_owned(), json!("AROAEXAMPLEEXAMPLE123:investigation")),
                ("Account".to_owned(), json!(account)),
                ("Arn".to_owned(), json!(format!("arn:aws:sts::{account}:assumed-role/incident-reader/investigation"))),
            ])));
        };
        read_json(FILE, content).map(Self)
    }
}

/// The ARN of the caller, for access-denied messages.
pub(super) fn caller_arn(world: &World) -> String {
    let identity = world.parsed::<Identity>().ok();
    let arn = identity.as_ref().and_then(|identity| text(&identity.0, "Arn"));
    arn.map_or_else(|| format!("arn:aws:iam::{}:root", world.scenario().account), str::to_owned)
}

fn get_caller_identity(world: &World, _: &Value) -> Result<Value, ApiError> {
    Ok(Value::Object(world.parsed::<Identity>()?.0.clone()))
}
