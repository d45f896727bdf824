//! What can be wrong with a command.

/// Why a command is not acceptable. The words are for the model that wrote it: what is wrong, and what would be right.
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
    /// The AWS CLI knows no such service.
    #[error("the AWS CLI has no service {service}{}", hint(.nearest.as_deref()))]
    UnknownService {
        /// What was written.
        service: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// The service knows no such operation.
    #[error("aws {service} has no operation {operation}{}", hint(.nearest.as_deref()))]
    UnknownOperation {
        /// The service.
        service: String,
        /// What was written.
        operation: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// The operation knows no such option.
    #[error("aws {operation} has no option --{option}{}", hint(.nearest.as_deref().map(|name| format!("--{name}")).as_deref()))]
    UnknownOption {
        /// `lambda update-alias`.
        operation: String,
        /// What was written, without dashes.
        option: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// A word that belongs to no option.
    #[error("aws {operation}: {word:?} belongs to no option")]
    StrayWord {
        /// `lambda update-alias`.
        operation: String,
        /// The word.
        word: String,
    },
    /// Something that the operation needs is not there.
    #[error("aws {operation} needs {option}")]
    Missing {
        /// `lambda update-alias`.
        operation: String,
        /// `--function-name`, or the name of a positional argument.
        option: String,
    },
    /// A value does not fit.
    #[error("aws {operation} --{option}: {reason}")]
    Value {
        /// `lambda update-alias`.
        operation: String,
        /// Without dashes.
        option: String,
        /// What is wrong, and what would fit.
        reason: String,
    },
}

impl CommandFault {
    /// Whether this may never be let pass.
    pub fn is_unsafe(&self) -> bool {
        matches!(self, Self::Destructive { .. } | Self::Reveals { .. })
    }
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default()
}
