//! Lambda: functions, their versions, aliases, event sources, and their code.

mod functions;
mod operations;
pub(crate) mod package;
mod reference;

use super::Service;
use crate::wire::{Members, Route};
use functions::Functions;

/// Lambda.
pub(super) const SERVICE: Service = Service {
    name: "lambda",
    signing_name: "lambda",
    routes: &[
        get("/2015-03-31/functions", "ListFunctions"),
        get("/2015-03-31/functions/{FunctionName}", "GetFunction"),
        get("/2015-03-31/functions/{FunctionName}/configuration", "GetFunctionConfiguration"),
        get("/2015-03-31/functions/{FunctionName}/versions", "ListVersionsByFunction"),
        get("/2015-03-31/functions/{FunctionName}/aliases", "ListAliases"),
        get("/2015-03-31/functions/{FunctionName}/aliases/{Name}", "GetAlias"),
        get("/2015-03-31/functions/{FunctionName}/policy", "GetPolicy"),
        get("/2015-03-31/event-source-mappings", "ListEventSourceMappings"),
        get("/2019-09-30/functions/{FunctionName}/concurrency", "GetFunctionConcurrency"),
        get("/2017-03-31/tags/{Resource}", "ListTags"),
    ],
    members: Members {
        timestamps: &["EventSourceMappings/LastModified", "EventSourceMappings/StartingPositionTimestamp"],
        integers: &["MaxItems"],
        maps: &["Tags", "Variables"],
        ..Members::NONE
    },
    operations: operations::OPERATIONS,
    check: |world| world.parsed::<Functions>().map(drop),
    ..Service::BLANK
};

const fn get(path: &'static str, operation: &'static str) -> Route {
    Route { method: "GET", path, operation }
}
