//! tmp
pub(crate) async fn resolve(_: &crate::clients::Clients, _: &marple_case::Trigger, _: jiff::Timestamp) -> Result<marple_case::Scope, marple_agent::ports::ScopeError> { Err(marple_agent::ports::ScopeError::NoAlarm { region: String::new() }) }
