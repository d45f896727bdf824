//! The tools, one file each: arguments, what they are called in the AWS CLI, and what is asked.

pub(crate) mod describe_alarms;
pub(crate) mod describe_database;
pub(crate) mod describe_load_balancer;
pub(crate) mod describe_service;
pub(crate) mod describe_stack;
pub(crate) mod describe_task_definition;
pub(crate) mod get_function;
pub(crate) mod get_metrics;
pub(crate) mod list_changes;
pub(crate) mod list_images;
pub(crate) mod list_log_groups;
pub(crate) mod list_metrics;
pub(crate) mod list_secrets;
pub(crate) mod list_stack_events;
pub(crate) mod list_tasks;
pub(crate) mod query_logs;
pub(crate) mod read_function_code;
pub(crate) mod search_logs;
pub(crate) mod summarize_logs;
