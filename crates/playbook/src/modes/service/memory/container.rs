//! A container with a memory limit of its own: killed at that, while its task has memory to spare.

use marple_case::facts::ContainerDefinition;

use super::FULL;
use crate::reading::Case;

/// The container whose own limit was reached: all kills are of it, it has a limit, and the task's memory was never nearly full.
pub(super) fn limited<'a>(case: &Case<'a>, killed: &[&str]) -> Option<&'a ContainerDefinition> {
    let [first, rest @ ..] = killed else { return None };
    let definition = case.workload.containers().into_iter().find(|one| one.name == *first)?;
    let full = case.ecs_peak("MemoryUtilization").is_some_and(|series| series.window.max >= FULL);
    let own = definition.memory.is_some() && definition.memory != case.workload.memory_mb();
    (own && !full && rest.iter().all(|name| name == first)).then_some(definition)
}
