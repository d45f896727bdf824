//! `list_secrets`: which secrets there are. Metadata alone: nothing here, or anywhere, reads a value.

use std::fmt::Write as _;

use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType, SecretListEntry};
use marple_case::{Facts, Scope, facts::Secret};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    fault::{Asked, Fault},
    function::STACK_TAG,
    text::Command,
    time,
    tool::{Context, Findings, Tool},
};

/// Secrets that are listed at most.
const LIMIT: usize = 1_000;

/// Lists Secrets Manager secrets by how their name begins or by the stack that owns them: name, description, when each was created,
/// changed, rotated and read last. A secret's value can never be read.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// How the names begin: app/ (or one secret's ARN)
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    /// The stack that owns them, by the tag aws:cloudformation:stack-name.
    #[serde(skip_serializing_if = "Option::is_none")]
    stack: Option<String>,
}

pub(crate) struct ListSecrets;

impl Tool for ListSecrets {
    const NAME: &'static str = "list_secrets";
    const ACTIONS: &'static [&'static str] = &["secretsmanager:ListSecrets"];
    type Args = Args;

    fn normalise(args: &mut Args, _: &Scope) -> Result<(), String> {
        args.prefix = args.prefix.take().map(|prefix| name_in_arn(&prefix).unwrap_or(prefix));
        Ok(())
    }

    fn command(args: &Args, scope: &Scope) -> String {
        let filters = filters(args);
        let words: Vec<String> =
            filters.iter().map(|(key, value)| format!("Key={},Values={value}", key.as_str())).collect();
        Command::new("secretsmanager", "list-secrets")
            .flag("include-planned-deletion")
            .options("filters", words.iter().map(String::as_str))
            .in_region(&scope.region)
    }

    async fn run(args: &Args, context: Context<'_>) -> Result<Findings, Fault> {
        let (entries, complete) = read(args, context).await?;
        let looked_for = looked_for(args);
        if entries.is_empty() {
            return Ok(Findings::nothing(format!("no secret{looked_for} in {}", context.scope.region)));
        }
        let mut text = format!("secrets{looked_for} in {}: {}\n", context.scope.region, entries.len());
        let secrets: Vec<Secret> = entries.iter().map(secret).collect();
        for (secret, entry) in secrets.iter().zip(&entries) {
            text.push_str(&line(secret, entry.owning_service()));
        }
        if !complete {
            let _ = writeln!(text, "[there are more than {LIMIT}: narrow the search]");
        }
        Ok(Findings::found(Facts::Secrets(secrets), text))
    }
}

/// How the name begins of a secret whose ARN is given, whole or without the six random characters, or as a task definition has it with a
/// key of the value behind it. Where those are missing and the name's own end is cut instead, the beginning still finds it.
fn name_in_arn(arn: &str) -> Option<String> {
    let (_, rest) = arn.strip_prefix("arn:")?.split_once(":secret:")?;
    let name = rest.split(':').next().unwrap_or(rest);
    let is_random = |end: &str| end.len() == 6 && end.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let cut = name.rsplit_once('-').filter(|(_, end)| is_random(end));
    Some(cut.map_or(name, |(name, _)| name).to_owned())
}

/// What Secrets Manager is asked for. Both of its filters match by prefix; the tag is compared exactly afterwards.
fn filters(args: &Args) -> Vec<(FilterNameStringType, String)> {
    let name = args.prefix.iter().map(|prefix| (FilterNameStringType::Name, prefix.clone()));
    let stack = args.stack.iter().map(|stack| (FilterNameStringType::TagValue, stack.clone()));
    name.chain(stack).collect()
}

/// Reads the secrets, and whether these are all.
async fn read(args: &Args, context: Context<'_>) -> Result<(Vec<SecretListEntry>, bool), Fault> {
    let filters: Vec<Filter> =
        filters(args).into_iter().map(|(key, value)| Filter::builder().key(key).values(value).build()).collect();
    let mut entries = Vec::new();
    let mut token = None;
    loop {
        let asked = context.clients.secrets().list_secrets().include_planned_deletion(true);
        let asked = asked.set_filters((!filters.is_empty()).then(|| filters.clone())).set_next_token(token);
        let page = asked.send().await.asked("secretsmanager:ListSecrets")?;
        token = page.next_token;
        entries.extend(page.secret_list.unwrap_or_default().into_iter().filter(|entry| is_wanted(entry, args)));
        if token.is_none() || entries.len() >= LIMIT {
            return Ok((entries, token.is_none()));
        }
    }
}

fn is_wanted(entry: &SecretListEntry, args: &Args) -> bool {
    let begins = |prefix: &String| entry.name().is_some_and(|name| name.starts_with(prefix.as_str()));
    args.prefix.as_ref().is_none_or(begins) && args.stack.as_deref().is_none_or(|stack| owner(entry) == Some(stack))
}

fn owner(entry: &SecretListEntry) -> Option<&str> {
    entry.tags().iter().find(|tag| tag.key() == Some(STACK_TAG))?.value()
}

fn secret(entry: &SecretListEntry) -> Secret {
    let at = |time: Option<&aws_smithy_types::DateTime>| time.and_then(time::timestamp);
    Secret {
        name: entry.name().unwrap_or_default().to_owned(),
        arn: entry.arn().unwrap_or_default().to_owned(),
        description: entry.description().filter(|text| !text.is_empty()).map(str::to_owned),
        created: at(entry.created_date()),
        changed: at(entry.last_changed_date()),
        rotated: at(entry.last_rotated_date()),
        rotation_enabled: entry.rotation_enabled().unwrap_or(false),
        accessed: at(entry.last_accessed_date()),
        deletion: at(entry.deleted_date()),
        stack: owner(entry).map(str::to_owned),
    }
}

fn looked_for(args: &Args) -> String {
    let prefix = args.prefix.as_ref().map(|prefix| format!(" with a name that begins with {prefix:?}"));
    let stack = args.stack.as_ref().map(|stack| format!(" of stack {stack}"));
    prefix.unwrap_or_default() + &stack.unwrap_or_default()
}

fn line(secret: &Secret, owning_service: Option<&str>) -> String {
    let at = |time: Option<jiff::Timestamp>, none: &str| time.map_or(none.to_owned(), |at| at.to_string());
    let mut line = format!(
        "secret {}, arn {}, created {}, changed {}, rotated {}, rotation {}, last read {}, stack {}",
        secret.name,
        secret.arn,
        at(secret.created, "unknown"),
        at(secret.changed, "never"),
        at(secret.rotated, "never"),
        if secret.rotation_enabled { "on" } else { "off" },
        // Secrets Manager keeps the day alone.
        secret.accessed.map_or("never".to_owned(), |day| day.strftime("%Y-%m-%d").to_string()),
        secret.stack.as_deref().unwrap_or("none"),
    );
    if let Some(service) = owning_service {
        let _ = write!(line, ", managed by {service}");
    }
    if let Some(deletion) = secret.deletion {
        let _ = write!(line, ", marked for deletion {deletion}");
    }
    if let Some(description) = &secret.description {
        let _ = write!(line, ", description: {description}");
    }
    line + "\n"
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

    use aws_sdk_secretsmanager::types::Tag;
    use aws_smithy_types::DateTime;

    use super::*;

    #[test]
    fn a_secret_is_found_by_its_arn_however_much_of_it_is_given() {
        let arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:app/db";
        for end in ["", "-AbCdEf", "-AbCdEf:password::"] {
            assert_eq!(name_in_arn(&format!("{arn}{end}")).as_deref(), Some("app/db"), "{end}");
        }
        assert_eq!(name_in_arn("app/db"), None);
    }

    #[test]
    fn a_secret_is_one_line_of_metadata() {
        let entry = SecretListEntry::builder()
            .name("app/db")
            .arn("arn:aws:secretsmanager:us-east-1:111122223333:secret:app/db-AbCdEf")
            .created_date(DateTime::from_secs(1_765_800_000))
            .last_accessed_date(DateTime::from_secs(1_765_843_200))
            .tags(Tag::builder().key(STACK_TAG).value("app").build())
            .build();
        insta::assert_snapshot!(line(&secret(&entry), None), @"secret app/db, arn arn:aws:secretsmanager:us-east-1:111122223333:secret:app/db-AbCdEf, created 2025-12-15T12:00:00Z, changed never, rotated never, rotation off, last read 2025-12-16, stack app");
        let wanted = |stack: &str| Args { prefix: None, stack: Some(stack.to_owned()) };
        assert!(is_wanted(&entry, &wanted("app")) && !is_wanted(&entry, &wanted("ap")));
    }
}
