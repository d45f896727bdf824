//! Lambda functions: the SDK's configuration made facts; [`policy`]: who may invoke them.

use aws_sdk_lambda::types::{EventSourceMappingConfiguration, FunctionConfiguration};
use jiff::Timestamp;
use marple_case::facts::{EnvironmentVariable, EventSource, Function, FunctionVersion};

use crate::hide::Hider;

pub(crate) mod policy;

/// The tag with which CloudFormation marks what a stack owns.
pub(crate) const STACK_TAG: &str = "aws:cloudformation:stack-name";

/// A function by its configuration alone: versions, aliases, event sources, concurrency and owning stack are asked for apart.
pub(crate) fn function(configuration: &FunctionConfiguration, hider: &Hider) -> Function {
    let owned = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    let name = configuration.function_name().unwrap_or_default().to_owned();
    let vpc = configuration.vpc_config();
    let log_group = configuration.logging_config().and_then(|logging| owned(logging.log_group()));
    let package_type = configuration.package_type().map_or("Zip", |package| package.as_str());
    Function {
        log_group: log_group.unwrap_or_else(|| format!("/aws/lambda/{name}")),
        arn: configuration.function_arn().unwrap_or_default().to_owned(),
        runtime: owned(configuration.runtime().map(|runtime| runtime.as_str())),
        handler: owned(configuration.handler()),
        memory_mb: number(configuration.memory_size()),
        timeout_s: number(configuration.timeout()),
        last_modified: configuration.last_modified().and_then(last_modified),
        code_sha256: configuration.code_sha256().unwrap_or_default().to_owned(),
        code_size: u64::try_from(configuration.code_size()).unwrap_or(0),
        package_type: package_type.to_owned(),
        image_uri: None,
        architectures: configuration.architectures().iter().map(|kind| kind.as_str().to_owned()).collect(),
        state: configuration.state().map(|state| state.as_str().to_owned()),
        state_reason: owned(configuration.state_reason()),
        last_update_status: configuration.last_update_status().map(|status| status.as_str().to_owned()),
        environment: environment(configuration, hider),
        vpc_id: vpc.and_then(|vpc| owned(vpc.vpc_id())),
        subnet_ids: vpc.map(|vpc| vpc.subnet_ids().to_vec()).unwrap_or_default(),
        security_group_ids: vpc.map(|vpc| vpc.security_group_ids().to_vec()).unwrap_or_default(),
        role: configuration.role().unwrap_or_default().to_owned(),
        layers: configuration.layers().iter().filter_map(|layer| owned(layer.arn())).collect(),
        reserved_concurrency: None,
        versions: Vec::new(),
        aliases: Vec::new(),
        event_sources: Vec::new(),
        stack: None,
        description: owned(configuration.description()),
        name,
    }
}

fn environment(configuration: &FunctionConfiguration, hider: &Hider) -> Vec<EnvironmentVariable> {
    let variables = configuration.environment().and_then(|environment| environment.variables());
    let shown = |(name, value): (&String, &String)| EnvironmentVariable {
        name: name.clone(),
        value: hider.variable(name, value),
    };
    let mut environment: Vec<_> = variables.into_iter().flatten().map(shown).collect();
    environment.sort_by(|a, b| a.name.cmp(&b.name));
    environment
}

/// A version, as `ListVersionsByFunction` lists it.
pub(crate) fn version(configuration: &FunctionConfiguration, hider: &Hider) -> FunctionVersion {
    FunctionVersion {
        version: configuration.version().unwrap_or_default().to_owned(),
        last_modified: configuration.last_modified().and_then(last_modified),
        code_sha256: configuration.code_sha256().unwrap_or_default().to_owned(),
        description: configuration.description().unwrap_or_default().to_owned(),
        environment: environment(configuration, hider),
    }
}

/// An event source mapping.
pub(crate) fn event_source(mapping: &EventSourceMappingConfiguration) -> EventSource {
    EventSource {
        arn: mapping.event_source_arn().unwrap_or_default().to_owned(),
        state: mapping.state().unwrap_or_default().to_owned(),
        last_result: mapping.last_processing_result().map(str::to_owned),
        batch_size: mapping.batch_size().and_then(|size| u32::try_from(size).ok()),
    }
}

/// Lambda writes `2025-12-16T04:58:29.892+0000`: an offset without a colon, as ISO 8601's basic format has it.
pub(crate) fn last_modified(text: &str) -> Option<Timestamp> {
    text.parse().or_else(|_| Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text)).ok()
}

fn number(value: Option<i32>) -> u32 {
    value.and_then(|value| u32::try_from(value).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::last_modified;

    #[test]
    fn the_time_of_the_last_change_is_read_as_lambda_writes_it() {
        let read = |text| last_modified(text).map(|at| at.to_string());
        assert_eq!(read("2025-12-16T04:58:29.892+0000").as_deref(), Some("2025-12-16T04:58:29.892Z"));
        assert_eq!(read("2025-12-16T04:58:29Z").as_deref(), Some("2025-12-16T04:58:29Z"));
        assert_eq!(read("yesterday"), None);
    }
}
