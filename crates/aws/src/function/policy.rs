//! A function's resource policy: who may invoke it, and from where. Pure.

use std::fmt;

use serde_json::Value;

/// What one statement says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Permission {
    /// Whether it forbids.
    pub denies: bool,
    /// `events.amazonaws.com`, an account's or role's ARN, `*`; several, joined by commas.
    pub principal: String,
    /// The ARNs of the rules, topics, APIs that it holds for, by the condition `AWS:SourceArn`; empty: it names none.
    pub sources: Vec<String>,
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let denied = if self.denies { "denied: " } else { "" };
        write!(f, "{denied}{} from ", self.principal)?;
        match self.sources.is_empty() {
            true => f.write_str("any source"),
            false => f.write_str(&self.sources.join(", ")),
        }
    }
}

/// The statements of a policy, as `lambda:GetPolicy` gives it; none, where it cannot be read.
pub(crate) fn permissions(policy: &str) -> Vec<Permission> {
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    let statements = policy.get("Statement").map_or(&[][..], several);
    let permission = |statement: &Value| Permission {
        denies: statement.get("Effect").and_then(Value::as_str) == Some("Deny"),
        principal: principal(statement.get("Principal").unwrap_or(&Value::Null)),
        sources: sources(statement),
    };
    statements.iter().map(permission).collect()
}

/// A value that is a list, or one.
fn several(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    several(value).iter().filter_map(Value::as_str)
}

/// `"*"`, `{"Service": "events.amazonaws.com"}`, `{"AWS": ["arn:…", "arn:…"]}`.
fn principal(value: &Value) -> String {
    let named: Vec<&str> = match value {
        Value::Object(kinds) => kinds.values().flat_map(texts).collect(),
        other => texts(other).collect(),
    };
    if named.is_empty() { "nobody named".to_owned() } else { named.join(", ") }
}

fn sources(statement: &Value) -> Vec<String> {
    let operators = statement.get("Condition").and_then(Value::as_object).into_iter().flat_map(|all| all.values());
    let conditions = operators.filter_map(Value::as_object).flatten();
    let arns = conditions.filter(|(key, _)| key.eq_ignore_ascii_case("AWS:SourceArn"));
    arns.flat_map(|(_, value)| texts(value)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

    use super::permissions;

    #[test]
    fn each_statement_is_a_line_of_who_may_invoke_from_where() {
        let policy = r#"{"Statement": [
            {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "lambda:InvokeFunction",
             "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:events:us-east-1:111122223333:rule/nightly"}}},
            {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111122223333:root", "444455556666"]}},
            {"Effect": "Deny", "Principal": "*", "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}
        ]}"#;
        let lines: String = permissions(policy).iter().map(|one| format!("{one}\n")).collect();
        insta::assert_snapshot!(lines, @r"
        events.amazonaws.com from arn:aws:events:us-east-1:111122223333:rule/nightly
        arn:aws:iam::111122223333:root, 444455556666 from any source
        denied: * from any source
        ");
        assert!(permissions("no policy").is_empty());
    }
}
