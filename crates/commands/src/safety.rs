//! What destroys, what reveals, and what only reads: by the naming of AWS's APIs, and a list of exceptions.

use crate::{Command, CommandFault};

/// First words of operations that destroy.
const DESTRUCTIVE: [&str; 9] =
    ["delete", "terminate", "purge", "destroy", "deregister", "remove", "rb", "rm", "uninstall"];

/// Operations that destroy although their names do not say so.
const DESTRUCTIVE_TOO: [&str; 4] = ["ecr batch-delete-image", "kms schedule-key-deletion", "s3 mv", "kms disable-key"];

/// Operations that print the value of a secret, a parameter or a key, or credentials.
const REVEALING: [&str; 24] = [
    "secretsmanager get-secret-value",
    "secretsmanager batch-get-secret-value",
    "secretsmanager get-random-password",
    "ssm get-parameter",
    "ssm get-parameters",
    "ssm get-parameters-by-path",
    "ssm get-parameter-history",
    "kms decrypt",
    "kms re-encrypt",
    "kms generate-data-key",
    "kms generate-data-key-pair",
    "iam create-access-key",
    "iam create-service-specific-credential",
    "iam reset-service-specific-credential",
    "sts get-session-token",
    "sts get-federation-token",
    "sts assume-role",
    "sts assume-role-with-saml",
    "sts assume-role-with-web-identity",
    "ecr get-login",
    "ecr get-login-password",
    "ecr get-authorization-token",
    "rds generate-db-auth-token",
    "eks get-token",
];

/// First words of operations that only read.
const READING: [&str; 12] =
    ["describe", "list", "get", "batch-get", "filter", "lookup", "head", "search", "wait", "tail", "simulate", "ls"];

/// Operations that only read although their names do not say so: Logs Insights' queries, and CloudFormation's check of a template.
const READING_TOO: [&str; 5] = [
    "logs start-query",
    "logs stop-query",
    "logs start-live-tail",
    "cloudformation validate-template",
    "cloudformation detect-stack-drift",
];

pub(crate) fn check(command: &Command) -> Option<CommandFault> {
    let operation = name(command);
    let verb = command.operation.split('-').next().unwrap_or(&command.operation);
    if DESTRUCTIVE.contains(&verb) || DESTRUCTIVE_TOO.contains(&operation.as_str()) {
        return Some(CommandFault::Destructive { operation });
    }
    if REVEALING.contains(&operation.as_str()) {
        return Some(CommandFault::Reveals { operation });
    }
    None
}

pub(crate) fn is_read_only(command: &Command) -> bool {
    let begins = |verb: &str| {
        command.operation.strip_prefix(verb).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', ' ']))
    };
    READING.into_iter().any(begins) || READING_TOO.contains(&name(command).as_str())
}

fn name(command: &Command) -> String {
    format!("{} {}", command.service, command.operation)
}
