//! One plain command line, split as a POSIX shell splits it.

use crate::CommandFault;

/// The words after `aws`.
pub(crate) fn words(command: &str) -> Result<Vec<String>, CommandFault> {
    let not_aws = |reason| CommandFault::NotAws { command: command.to_owned(), reason };
    let joined = command.replace("\\\n", " ");
    let words = shlex::split(&joined).ok_or_else(|| not_aws("its quotes are not closed"))?;
    if has_shell_syntax(joined.trim()) {
        return Err(not_aws(
            "pipes, redirections, substitutions, variables and sequences are not allowed; use --query to pick from the output",
        ));
    }
    let mut words = words.into_iter();
    if words.next().as_deref() != Some("aws") {
        return Err(not_aws("it does not begin with aws"));
    }
    Ok(words.collect())
}

/// Whether a shell would do more than run one command with these very words: an unquoted `| & ; < >`, a comment, a back-tick, or `$` before a name, `{` or `(`
/// outside single quotes.
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
            (_, '(' | '{') if before == '$' => return true,
            (_, name) if before == '$' && (name.is_alphanumeric() || name == '_') => return true,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(next),
            (None, '#') if before.is_whitespace() => return true,
            (None, '|' | '&' | ';' | '<' | '>' | '\n') => return true,
            (None, _) => {}
        }
    }
    false
}
