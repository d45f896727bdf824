//! Commands of a plan: an `aws …` line that destroys nothing and reveals no secret.

/// Why a command is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandFault {
    /// It is no AWS CLI command, or more than one.
    #[error("{command:?} is not one plain `aws SERVICE OPERATION …` command line: {reason}")]
    NotAws {
        /// The command.
        command: String,
        /// Why.
        reason: &'static str,
    },
    /// It destroys something.
    #[error("{operation} destroys something; a plan never does")]
    Destructive {
        /// `lambda delete-function`.
        operation: String,
    },
    /// It would print a secret.
    #[error("{operation} prints a secret's value; a plan never does. Refer to the secret by its ARN instead")]
    Reveals {
        /// `secretsmanager get-secret-value`.
        operation: String,
    },
}

impl CommandFault {
    /// Whether this may never be let pass.
    pub fn is_unsafe(&self) -> bool {
        matches!(self, Self::Destructive { .. } | Self::Reveals { .. })
    }
}

/// First words of operations that destroy, by the naming of AWS's APIs.
const DESTRUCTIVE: [&str; 8] = ["delete", "terminate", "purge", "destroy", "deregister", "remove", "rb", "rm"];

/// Operations that print a secret's, a parameter's or a key's value.
const REVEALING: [&str; 11] = [
    "secretsmanager get-secret-value",
    "secretsmanager batch-get-secret-value",
    "secretsmanager get-random-password",
    "ssm get-parameter",
    "ssm get-parameters",
    "ssm get-parameters-by-path",
    "ssm get-parameter-history",
    "kms decrypt",
    "kms generate-data-key",
    "iam create-access-key",
    "sts get-session-token",
];

/// Checks one command line of a plan.
pub fn check(command: &str) -> Result<(), CommandFault> {
    let not_aws = |reason| CommandFault::NotAws { command: command.to_owned(), reason };
    let joined = command.replace("\\\n", " ");
    let words = shlex::split(&joined).ok_or_else(|| not_aws("its quotes are not closed"))?;
    if has_shell_syntax(&joined) {
        return Err(not_aws(
            "pipes, redirections, substitutions and sequences are not allowed; use --query to pick from the output",
        ));
    }
    let mut plain = words.iter().map(String::as_str);
    if plain.next() != Some("aws") {
        return Err(not_aws("it does not begin with aws"));
    }
    // Global options may stand before the service; each takes one value.
    let mut service = plain.next();
    while service.is_some_and(|word| word.starts_with("--")) {
        plain.next();
        service = plain.next();
    }
    let (Some(service), Some(operation)) = (service, plain.next().filter(|word| !word.starts_with('-'))) else {
        return Err(not_aws("the service or the operation is missing"));
    };
    let operation_name = format!("{service} {operation}");
    let verb = operation.split('-').next().unwrap_or(operation);
    if DESTRUCTIVE.contains(&verb) {
        return Err(CommandFault::Destructive { operation: operation_name });
    }
    if REVEALING.contains(&operation_name.as_str()) {
        return Err(CommandFault::Reveals { operation: operation_name });
    }
    Ok(())
}

/// Whether a shell would do more than run one command: an unquoted `| & ; < >`, a back-tick, or `$(` outside single quotes.
fn has_shell_syntax(command: &str) -> bool {
    let mut quote: Option<char> = None;
    let mut escaped = false;
    let mut previous = ' ';
    for next in command.chars() {
        let before = std::mem::replace(&mut previous, next);
        if escaped {
            escaped = false;
            continue;
        }
        match (quote, next) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), _) => {}
            (_, '\\') => escaped = true,
            (_, '`') => return true,
            (_, '(') if before == '$' => return true,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(next),
            (None, '|' | '&' | ';' | '<' | '>' | '\n') => return true,
            (None, _) => {}
        }
    }
    false
}
