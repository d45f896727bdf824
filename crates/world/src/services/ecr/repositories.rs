//! DescribeRepositories, and what every request of ECR has: a registry, a repository, a page.

use serde::Deserialize;
use serde_json::Value;

use super::SERVICE;
use crate::services::resource::{self, Resource, existed, is};
use crate::services::{ApiError, read_input};
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

const FILE: &str = "world/ecr/repositories.json";
/// A page without `maxResults`, and the most that it may ask for.
const USUAL_RESULTS: i64 = 100;
const MOST_RESULTS: i64 = 1000;

/// Repositories that exist by now, in the order of their file.
pub(super) struct Repositories(Vec<Resource>);

impl Parsed for Repositories {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let required = ["repositoryName", "repositoryArn"];
        let mut repositories = resource::read_list(scenario, &SERVICE, FILE, "repositories", &required)?;
        repositories.retain(|repository| existed(repository, "createdAt", scenario.now));
        Ok(Self(repositories))
    }
}

impl Repositories {
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|repository| is(repository, "repositoryName", name))
    }
}

/// The repository that a request is about.
pub(super) struct Repository {
    pub(super) name: String,
    pub(super) registry: String,
}

impl Repository {
    /// # Errors
    /// RepositoryNotFoundException; a registry is an account, and a world holds one.
    pub(super) fn find(world: &World, name: &str, registry: Option<&str>) -> Result<Self, ApiError> {
        let account = &world.scenario().account;
        let asked = Self { name: name.to_owned(), registry: registry.unwrap_or(account).to_owned() };
        let exists = world.parsed::<Repositories>()?.has(name);
        if exists && asked.registry == *account { Ok(asked) } else { Err(asked.not_found()) }
    }

    fn not_found(&self) -> ApiError {
        let message = format!("The repository with name '{}' does not exist {}", self.name, self.in_registry());
        ApiError::sender("RepositoryNotFoundException", message)
    }

    /// How ECR's messages end.
    pub(super) fn in_registry(&self) -> String {
        format!("in the registry with id '{}'", self.registry)
    }
}

/// Cuts the page that `maxResults` and `nextToken` ask for.
pub(super) fn pages(
    items: Vec<Resource>,
    max_results: Option<i64>,
    token: Option<&str>,
    list: &str,
) -> Result<Value, ApiError> {
    let size = max_results.unwrap_or(USUAL_RESULTS);
    if !(1..=MOST_RESULTS).contains(&size) {
        return Err(invalid(format!("maxResults must be between 1 and {MOST_RESULTS}")));
    }
    resource::paged(items, usize::try_from(size).unwrap_or(1), token, (list, "nextToken"), || {
        invalid("Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid token'".to_owned())
    })
}

/// ECR's error for a parameter's value.
pub(super) fn invalid(message: String) -> ApiError {
    ApiError::sender("InvalidParameterException", message)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeRepositories {
    registry_id: Option<String>,
    #[serde(default)]
    repository_names: Vec<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn describe_repositories(world: &World, input: &Value) -> Result<Value, ApiError> {
    let describe: DescribeRepositories = read_input(input)?;
    let registry = describe.registry_id.as_deref();
    for name in &describe.repository_names {
        Repository::find(world, name, registry)?;
    }
    let is_own = registry.is_none_or(|registry| registry == world.scenario().account);
    let wanted = |repository: &&Resource| {
        let named = &describe.repository_names;
        is_own && (named.is_empty() || named.iter().any(|name| is(repository, "repositoryName", name)))
    };
    let repositories = world.parsed::<Repositories>()?;
    let described = repositories.0.iter().filter(wanted).cloned().collect();
    pages(described, describe.max_results, describe.next_token.as_deref(), "repositories")
}
