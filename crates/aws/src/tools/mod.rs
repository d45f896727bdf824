//! The tools, one file each: arguments, what they are called in the AWS CLI, and what is asked.

pub(crate) mod describe_alarms;
pub(crate) mod get_metrics;
pub(crate) mod list_log_groups;
pub(crate) mod list_metrics;
