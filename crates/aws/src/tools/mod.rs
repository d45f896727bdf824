//! The tools, one file each: arguments, what they are called in the AWS CLI, and what is asked.

pub(crate) mod list_log_groups;
