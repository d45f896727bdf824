//! The tools, one file each: arguments, what they are called in the AWS CLI, and what is asked.

pub(crate) mod describe_alarms;
pub(crate) mod get_function;
pub(crate) mod get_metrics;
pub(crate) mod list_log_groups;
pub(crate) mod list_metrics;
pub(crate) mod query_logs;
pub(crate) mod search_logs;
pub(crate) mod summarize_logs;
pub(crate) mod read_function_code;
