//! Secrets Manager: names, owners and times of secrets.
//!
//! A world holds no secret's value, and no operation reads one: `GetSecretValue` is denied whatever the caller's policy.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::resource::{self, Resource, is, text, time};
use super::{ApiError, Service, faults, read_input};
use crate::wire::Members;
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

/// Secrets Manager.
pub(super) const SERVICE: Service = Service {
    name: "secretsmanager",
    signing_name: "secretsmanager",
    target: Some("secretsmanager"),
    members: Members {
        timestamps: &[
            "CreatedDate",
            "DeletedDate",
            "LastAccessedDate",
            "LastChangedDate",
            "LastRotatedDate",
            "NextRotationDate",
        ],
        maps: &["SecretVersionsToStages", "VersionIdsToStages"],
        ..Members::NONE
    },
    operations: &[
        ("BatchGetSecretValue", batch_get_secret_value),
        ("DescribeSecret", describe_secret),
        ("GetSecretValue", get_secret_value),
        ("ListSecrets", list_secrets),
    ],
    check: |world| world.parsed::<Secrets>().map(drop),
    ..Service::BLANK
};

const FILE: &str = "world/secretsmanager/secrets.json";
/// Secrets a page, at most and by default.
const MAX_RESULTS: i64 = 100;

/// Secrets that exist by now, in the order of their file.
struct Secrets(Vec<Resource>);

impl Parsed for Secrets {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let mut secrets = resource::read_list(scenario, &SERVICE, FILE, "SecretList", &["ARN", "Name"])?;
        let has_value = |secret: &&Resource| secret.contains_key("SecretString") || secret.contains_key("SecretBinary");
        if let Some(name) = secrets.iter().find(has_value).and_then(|secret| text(secret, "Name")) {
            let what = format!("{name} has a value: a world holds none");
            return Err(ScenarioError::Invalid { file: FILE.to_owned(), what });
        }
        secrets.retain(|secret| resource::existed(secret, "CreatedDate", scenario.now));
        Ok(Self(secrets))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListSecrets {
    #[serde(default)]
    filters: Vec<Filter>,
    #[serde(default)]
    include_planned_deletion: bool,
    max_results: Option<i64>,
    next_token: Option<String>,
    sort_order: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    key: FilterKey,
    values: Vec<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum FilterKey {
    Description,
    Name,
    TagKey,
    TagValue,
    PrimaryRegion,
    OwningService,
    All,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OneSecret {
    secret_id: String,
}

fn list_secrets(world: &World, input: &Value) -> Result<Value, ApiError> {
    let list: ListSecrets = read_input(input)?;
    let size = match list.max_results.unwrap_or(MAX_RESULTS) {
        size @ 1..=MAX_RESULTS => usize::try_from(size).unwrap_or(1),
        size => {
            let message = format!("MaxResults {size} is not between 1 and {MAX_RESULTS}.");
            return Err(ApiError::sender("ValidationException", message));
        }
    };
    let secrets = world.parsed::<Secrets>()?;
    let wanted = |secret: &&Resource| {
        (list.include_planned_deletion || !secret.contains_key("DeletedDate"))
            && list.filters.iter().all(|filter| filter.matches(secret))
    };
    let mut listed: Vec<Resource> = secrets.0.iter().filter(wanted).cloned().collect();
    match list.sort_order.as_deref() {
        Some("asc") => listed.sort_by_key(|secret| time(secret, "CreatedDate")),
        Some("desc") => listed.sort_by_key(|secret| std::cmp::Reverse(time(secret, "CreatedDate"))),
        _ => {}
    }
    resource::paged(listed, size, list.next_token.as_deref(), ("SecretList", "NextToken"), || {
        ApiError::sender("InvalidNextTokenException", "Invalid NextToken.")
    })
}

impl Filter {
    /// Values are alternatives; a leading `!` turns one into its opposite.
    fn matches(&self, secret: &Resource) -> bool {
        self.values.iter().any(|value| match value.strip_prefix('!') {
            Some(value) => !self.key.begins(secret, value),
            None => self.key.begins(secret, value),
        })
    }
}

impl FilterKey {
    /// Names and tags match by their beginning and by case, descriptions by the beginning of any word without case.
    fn begins(self, secret: &Resource, value: &str) -> bool {
        let member = |name: &str| text(secret, name).unwrap_or_default();
        match self {
            Self::Name => member("Name").starts_with(value),
            Self::Description => has_word(member("Description"), value),
            Self::TagKey => tags(secret).any(|tag| text(tag, "Key").is_some_and(|key| key.starts_with(value))),
            Self::TagValue => tags(secret).any(|tag| text(tag, "Value").is_some_and(|tag| tag.starts_with(value))),
            Self::PrimaryRegion => member("PrimaryRegion").starts_with(value),
            Self::OwningService => member("OwningService").starts_with(value),
            Self::All => value.split_whitespace().all(|word| {
                has_word(member("Name"), word)
                    || has_word(member("Description"), word)
                    || tags(secret).any(|tag| {
                        ["Key", "Value"].iter().any(|half| text(tag, half).is_some_and(|text| has_word(text, word)))
                    })
            }),
        }
    }
}

fn has_word(text: &str, beginning: &str) -> bool {
    let (text, beginning) = (text.to_lowercase(), beginning.to_lowercase());
    text.starts_with(&beginning)
        || text.split(|letter: char| !letter.is_alphanumeric()).any(|word| word.starts_with(&beginning))
}

fn tags(secret: &Resource) -> impl Iterator<Item = &Map<String, Value>> {
    secret.get("Tags").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn describe_secret(world: &World, input: &Value) -> Result<Value, ApiError> {
    let OneSecret { secret_id } = read_input(input)?;
    let secrets = world.parsed::<Secrets>()?;
    let secret = secrets.0.iter().find(|secret| is_meant(secret, &secret_id)).ok_or_else(not_found)?;
    let mut described = secret.clone();
    // The same map under another name than in ListSecrets.
    if let Some(versions) = described.remove("SecretVersionsToStages") {
        described.insert("VersionIdsToStages".to_owned(), versions);
    }
    Ok(described.into())
}

/// Name, ARN, or the ARN without the six random characters at its end.
fn is_meant(secret: &Resource, id: &str) -> bool {
    let arn = text(secret, "ARN").unwrap_or_default();
    let without_suffix = arn.len().checked_sub("-abcdef".len()).and_then(|end| arn.get(..end));
    is(secret, "Name", id) || arn == id || without_suffix == Some(id)
}

fn not_found() -> ApiError {
    ApiError::sender("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

fn get_secret_value(world: &World, input: &Value) -> Result<Value, ApiError> {
    let OneSecret { secret_id } = read_input(input)?;
    Err(faults::access_denied(world, &SERVICE, "GetSecretValue", &secret_id))
}

fn batch_get_secret_value(world: &World, _: &Value) -> Result<Value, ApiError> {
    Err(faults::access_denied(world, &SERVICE, "BatchGetSecretValue", "*"))
}
