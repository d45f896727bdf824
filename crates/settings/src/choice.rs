//! Which environment a subject belongs to.
//!
//! The first of these rules that finds any environment decides; if it finds several, a person has to choose:
//!
//! 1. the account in an alarm's ARN is the environment's `account`, or that of its `role`;
//! 2. a question names the environment;
//! 3. an alarm's name, or a word of a question, matches one of its `names`;
//! 4. the file's `environment`;
//! 5. all of them.

use crate::{Environment, Settings};

/// What is going to be investigated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// An alarm, by name or ARN.
    Alarm(&'a str),
    /// A question in words.
    Question(&'a str),
    /// Nothing that has a name.
    Unnamed,
}

/// The environment of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The file defines no environments.
    NoneDefined,
    /// This one.
    One(String),
    /// One of these, sorted: a person has to say which.
    Several(Vec<String>),
}

/// Whether an environment, with its name, is the subject's.
type Rule<'a> = dyn Fn(&str, &Environment) -> bool + 'a;

impl Settings {
    /// The environment that a subject belongs to.
    pub fn choice(&self, subject: Subject<'_>) -> Choice {
        let rules: [&Rule<'_>; 3] = [
            &|_, environment| matches!(subject, Subject::Alarm(alarm) if owns(environment, alarm)),
            &|name, _| matches!(subject, Subject::Question(text) if words(text).any(|word| word.eq_ignore_ascii_case(name))),
            &|_, environment| match subject {
                Subject::Alarm(alarm) => matches(environment, alarm_name(alarm)),
                Subject::Question(text) => words(text).any(|word| matches(environment, word)),
                Subject::Unnamed => false,
            },
        ];
        let belonging = |rule: &Rule<'_>| -> Vec<String> {
            self.environments
                .iter()
                .filter(|(name, environment)| rule(name, environment))
                .map(|(name, _)| name.clone())
                .collect()
        };
        let mut found = rules.into_iter().map(belonging).find(|found| !found.is_empty());
        found = found.or_else(|| self.default.clone().map(|default| vec![default]));
        let mut found = found.unwrap_or_else(|| self.environments.keys().cloned().collect());
        match found.len() {
            0 => Choice::NoneDefined,
            1 => Choice::One(found.remove(0)),
            _ => Choice::Several(found),
        }
    }
}

fn matches(environment: &Environment, name: &str) -> bool {
    environment.names.iter().any(|pattern| pattern.matches(name))
}

/// Whether an alarm's ARN is of the environment's account.
fn owns(environment: &Environment, alarm: &str) -> bool {
    let Some(account) = alarm.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(3)) else { return false };
    let values = &environment.values;
    let own = values.account.as_deref().or_else(|| values.role.as_ref()?.account());
    own == Some(account)
}

/// The name in an alarm's ARN, `arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME`; a name as it is.
fn alarm_name(alarm: &str) -> &str {
    if alarm.starts_with("arn:") { alarm.splitn(7, ':').nth(6).unwrap_or(alarm) } else { alarm }
}

/// The words of a question that may be names of resources: what AWS allows in names is kept together.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_of_name = |letter: char| letter.is_alphanumeric() || "-_./:@#+".contains(letter);
    text.split(move |letter| !is_of_name(letter))
        .map(|word| word.trim_matches(['.', ':']))
        .filter(|word| !word.is_empty())
}
