//! The ways to name a function: `name`, `name:qualifier`, `account:function:name`, and its ARN with or without qualifier.

use crate::World;
use crate::services::ApiError;

/// A function that a request names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FunctionReference {
    pub(super) name: String,
    pub(super) qualifier: Option<String>,
    /// The ARN that is meant, with its qualifier: for messages.
    pub(super) arn: String,
}

impl FunctionReference {
    /// Reads `FunctionName` and `Qualifier`. An ARN of another account or region stays in the reference's ARN, and names
    /// no function of this world.
    pub(super) fn read(world: &World, function_name: &str, qualifier: Option<&str>) -> Result<Self, ApiError> {
        let scenario = world.scenario();
        let parts: Vec<&str> = function_name.split(':').collect();
        let (region, account, name, own) = match parts.as_slice() {
            [name] => (scenario.region.as_str(), scenario.account.as_str(), *name, None),
            [name, own] => (scenario.region.as_str(), scenario.account.as_str(), *name, Some(*own)),
            [account, "function", name] => (scenario.region.as_str(), *account, *name, None),
            [account, "function", name, own] => (scenario.region.as_str(), *account, *name, Some(*own)),
            ["arn", _, "lambda", region, account, "function", name] => (*region, *account, *name, None),
            ["arn", _, "lambda", region, account, "function", name, own] => (*region, *account, *name, Some(*own)),
            _ => return Err(malformed(function_name)),
        };
        let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if name.is_empty() || name.len() > 64 || !is_name(name) {
            return Err(malformed(function_name));
        }
        if let (Some(own), Some(qualifier)) = (own, qualifier)
            && own != qualifier
        {
            return Err(ApiError::sender(
                "InvalidParameterValueException",
                "The derived qualifier from the function name does not match the specified qualifier.",
            ));
        }
        let qualifier = qualifier.or(own).map(str::to_owned);
        let suffix = qualifier.as_ref().map_or_else(String::new, |qualifier| format!(":{qualifier}"));
        let arn = format!("arn:aws:lambda:{region}:{account}:function:{name}{suffix}");
        Ok(Self { name: name.to_owned(), qualifier, arn })
    }

    /// AWS's error for a function, version or alias that is not there.
    pub(super) fn not_found(&self) -> ApiError {
        ApiError::sender("ResourceNotFoundException", format!("Function not found: {}", self.arn)).with_status(404)
    }
}

fn malformed(function_name: &str) -> ApiError {
    let message = format!(
        "1 validation error detected: Value '{function_name}' at 'functionName' failed to satisfy constraint: Member must \
         satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{{2}}(-gov)?-[a-z]+-\\d{{1}}:)?\
         (\\d{{12}}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?"
    );
    ApiError::sender("ValidationException", message)
}
