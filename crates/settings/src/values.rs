//! The keys that may stand at the top of the file and in an environment alike, each with its own check.

use std::time::Duration;

use marple_bedrock::Options;
use serde::Deserialize;

/// What a file says of an account and of how it is investigated. `None`: nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Values {
    /// The AWS profile.
    pub profile: Option<String>,
    /// The AWS region: `eu-west-1`.
    pub region: Option<String>,
    /// The account's number, 12 digits: `marple doctor` compares it with the caller's, and alarm ARNs are recognised by it.
    pub account: Option<String>,
    /// The role that is assumed before the account is read.
    pub role: Option<Role>,
    /// The models, in the order in which they are tried. The playbook stands behind the last one always.
    pub models: Option<Vec<String>>,
    /// The language of reports, a BCP 47 tag.
    pub language: Option<String>,
    /// What an investigation may use.
    pub budget: Budget,
    /// What Bedrock's models are asked with; an environment's counts as a whole.
    pub bedrock: Option<Options>,
}

impl Values {
    /// These values; where they say nothing, those of a weaker layer.
    #[must_use]
    pub fn or(self, weaker: &Self) -> Self {
        Self {
            profile: self.profile.or_else(|| weaker.profile.clone()),
            region: self.region.or_else(|| weaker.region.clone()),
            account: self.account.or_else(|| weaker.account.clone()),
            role: self.role.or_else(|| weaker.role.clone()),
            models: self.models.or_else(|| weaker.models.clone()),
            language: self.language.or_else(|| weaker.language.clone()),
            budget: self.budget.or(weaker.budget),
            bedrock: self.bedrock.or_else(|| weaker.bedrock.clone()),
        }
    }
}

/// A role to assume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// The external id that its trust policy asks for.
    pub external_id: Option<String>,
}

impl Role {
    pub(crate) fn of(arn: Option<RoleArn>, external_id: Option<Name>) -> Option<Self> {
        Some(Self { arn: arn?.0, external_id: external_id.map(|name| name.0) })
    }

    /// The number of the account that it belongs to.
    pub fn account(&self) -> Option<&str> {
        self.arn.split(':').nth(4)
    }
}

/// What an investigation may use.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table of limits")]
pub struct Budget {
    /// Model turns at most.
    pub turns: Option<std::num::NonZeroU32>,
    /// Tool calls at most, those of the opening included.
    pub tool_calls: Option<std::num::NonZeroU32>,
    /// Tokens of all kinds at most.
    pub tokens: Option<std::num::NonZeroU64>,
    /// US dollars at most.
    pub cost_usd: Option<Dollars>,
    /// Wall time at most.
    pub time: Option<Span>,
}

impl Budget {
    fn or(self, weaker: Self) -> Self {
        Self {
            turns: self.turns.or(weaker.turns),
            tool_calls: self.tool_calls.or(weaker.tool_calls),
            tokens: self.tokens.or(weaker.tokens),
            cost_usd: self.cost_usd.or(weaker.cost_usd),
            time: self.time.or(weaker.time),
        }
    }
}

/// A sum above 0, US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Dollars(pub f64);

impl TryFrom<f64> for Dollars {
    type Error = &'static str;

    fn try_from(sum: f64) -> Result<Self, Self::Error> {
        if sum.is_finite() && sum > 0.0 {
            Ok(Self(sum))
        } else {
            Err("write a sum above 0 in US dollars, such as 0.50")
        }
    }
}

/// A time above 0: `"90s"`, `"5m"`, `"1h"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Span(pub Duration);

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let allowed = || format!("{text:?} is no time; write \"90s\", \"5m\" or \"1h\"");
        let span: jiff::SignedDuration = text.parse().map_err(|_| allowed())?;
        let time = Duration::try_from(span).map_err(|_| allowed())?;
        if time.is_zero() { Err(allowed()) } else { Ok(Self(time)) }
    }
}

/// A text that has a form. The check says what is allowed.
macro_rules! checked {
    ($(#[doc = $doc:expr] $name:ident, $allowed:expr, $check:expr;)*) => {$(
        #[doc = $doc]
        #[derive(Debug, Clone, Deserialize)]
        #[serde(try_from = "String")]
        pub(crate) struct $name(pub(crate) String);

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                let is_allowed: fn(&str) -> bool = $check;
                if is_allowed(&text) { Ok(Self(text)) } else { Err(format!("{text:?} is not allowed here; write {}", $allowed)) }
            }
        }
    )*};
}

checked! {
    /// A name that is not empty.
    Name, "a name that is not empty", |text| !text.trim().is_empty();
    /// A region's name, by its form: regions come and go.
    Region, "a region such as \"eu-west-1\"", is_region;
    /// An account's number.
    Account, "an account's number of 12 digits, in quotes", is_account;
    /// A role's ARN.
    RoleArn, "a role's ARN such as \"arn:aws:iam::111122223333:role/marple-reader\"", is_role;
    /// A language's tag, by its form.
    Language, "a BCP 47 tag such as \"en\", \"ja\" or \"pt-BR\"", is_language;
}

fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, words)) => {
            words.len() >= 2
                && words.iter().all(is_word)
                && !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit())
        }
        None => false,
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_role(text: &str) -> bool {
    let mut parts = text.splitn(6, ':');
    let is_iam = parts.next() == Some("arn")
        && parts.next().is_some_and(|partition| partition.starts_with("aws"))
        && parts.next() == Some("iam")
        && parts.next() == Some("");
    let mut is = |check: fn(&str) -> bool| parts.next().is_some_and(check);
    is_iam && is(is_account) && is(|role| role.strip_prefix("role/").is_some_and(|name| !name.is_empty()))
}

/// Whether a text has the form of a BCP 47 tag: `en`, `ja`, `pt-BR`. Whether there is such a language is not known here.
pub fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let is_primary = |part: &str| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_subtag = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    parts.next().is_some_and(is_primary) && parts.all(is_subtag)
}

/// Models in order: not none, and none twice.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Vec<String>", expecting = "a list of model ids")]
pub(crate) struct Models(pub(crate) Vec<String>);

impl TryFrom<Vec<String>> for Models {
    type Error = String;

    fn try_from(models: Vec<String>) -> Result<Self, Self::Error> {
        if models.is_empty() || models.iter().any(|model| model.trim().is_empty()) {
            return Err("name at least one model: a Bedrock model id, an inference profile, or \"playbook\"".to_owned());
        }
        let twice =
            models.iter().enumerate().find(|(at, model)| models.iter().take(*at).any(|earlier| earlier == *model));
        match twice {
            Some((_, model)) => Err(format!("{model:?} stands there twice")),
            None => Ok(Self(models)),
        }
    }
}
