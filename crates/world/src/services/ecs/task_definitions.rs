//! DescribeTaskDefinition, ListTaskDefinitions and ListTaskDefinitionFamilies.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::SERVICE;
use super::request::{MOST_RESULTS, invalid, pages};
use crate::services::resource::{self, Resource, existed, is, text};
use crate::services::{ApiError, read_input};
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

const FILE: &str = "world/ecs/task-definitions.json";
const LIST: &str = "taskDefinitions";
const ACTIVE: &str = "ACTIVE";

/// Revisions that were registered by now, in the order of families and revisions.
pub(super) struct TaskDefinitions(pub(super) Vec<Revision>);

/// One revision of a task definition.
pub(super) struct Revision {
    pub(super) arn: String,
    family: String,
    revision: u32,
    /// As DescribeTaskDefinition answers it.
    definition: Resource,
    pub(super) tags: Value,
}

impl Parsed for TaskDefinitions {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let mut revisions = Vec::new();
        for (index, listed) in resource::read_list(scenario, &SERVICE, FILE, LIST, &[])?.into_iter().enumerate() {
            let invalid =
                |what: &str| ScenarioError::Invalid { file: FILE.to_owned(), what: format!("{LIST}[{index}] {what}") };
            let revision = Revision::parse(listed).ok_or_else(|| {
                invalid(
                    "has no taskDefinitionArn of the form arn:aws:ecs:REGION:ACCOUNT:task-definition/FAMILY:REVISION",
                )
            })?;
            if !existed(&revision.definition, "registeredAt", scenario.now) {
                continue;
            }
            resource::refuse_later(&revision.definition, (FILE, &revision.arn), &["deregisteredAt"], scenario.now)?;
            revisions.push(revision);
        }
        revisions.sort_by(|one, other| (&one.family, one.revision).cmp(&(&other.family, other.revision)));
        Ok(Self(revisions))
    }
}

impl Revision {
    /// A revision as it is, or as the whole output of describe-task-definition. Its tags stand beside it or in it.
    fn parse(mut listed: Resource) -> Option<Self> {
        let tags = listed.remove("tags").unwrap_or_else(|| json!([]));
        let mut definition = match listed.remove("taskDefinition") {
            Some(Value::Object(definition)) => definition,
            Some(_) => return None,
            None => listed,
        };
        let arn = text(&definition, "taskDefinitionArn")?.to_owned();
        let (family, revision) = family_and_revision(&arn)?;
        let (family, revision) = (family.to_owned(), revision);
        definition.insert("family".to_owned(), family.as_str().into());
        definition.insert("revision".to_owned(), revision.into());
        definition.entry("status").or_insert_with(|| ACTIVE.into());
        Some(Self { arn, family, revision, definition, tags })
    }

    fn is_active(&self) -> bool {
        is(&self.definition, "status", ACTIVE)
    }
}

impl TaskDefinitions {
    /// The revision that an ARN, `family:revision` or a family (its latest active revision) means.
    fn find(&self, wanted: &str) -> Option<&Revision> {
        if wanted.starts_with("arn:") {
            return self.0.iter().find(|revision| revision.arn == wanted);
        }
        match wanted.split_once(':') {
            Some((family, number)) => {
                let number: u32 = number.parse().ok()?;
                self.0.iter().find(|revision| revision.family == family && revision.revision == number)
            }
            None => self.0.iter().rfind(|revision| revision.family == wanted && revision.is_active()),
        }
    }
}

impl TaskDefinitions {
    /// Refuses a service, deployment or task of a revision that the world has not.
    pub(super) fn check_references<'a>(
        &self,
        file: &str,
        mut holders: impl Iterator<Item = &'a Resource>,
        member: &str,
    ) -> Result<(), ScenarioError> {
        let is_unknown = |wanted: &&str| self.find(wanted).is_none();
        match holders.find_map(|holder| text(holder, member).filter(is_unknown)) {
            Some(unknown) => {
                let what = format!("{member} {unknown} is not in {FILE}, or registered after now");
                Err(ScenarioError::Invalid { file: file.to_owned(), what })
            }
            None => Ok(()),
        }
    }
}

/// `…:task-definition/FAMILY:REVISION`.
fn family_and_revision(arn: &str) -> Option<(&str, u32)> {
    let (family, revision) = arn.split_once(":task-definition/")?.1.split_once(':')?;
    Some((family, revision.parse().ok()?))
}

/// The family in the ARN of a task definition.
pub(super) fn family_in(arn: &str) -> Option<&str> {
    family_and_revision(arn).map(|(family, _)| family)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeTaskDefinition {
    task_definition: String,
    #[serde(default)]
    include: Vec<String>,
}

/// Of both List operations.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listing {
    family_prefix: Option<String>,
    status: Option<String>,
    sort: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn describe_task_definition(world: &World, input: &Value) -> Result<Value, ApiError> {
    let DescribeTaskDefinition { task_definition, include } = read_input(input)?;
    let revisions = world.parsed::<TaskDefinitions>()?;
    let found = revisions.find(&task_definition);
    let found = found.ok_or_else(|| ApiError::sender("ClientException", "Unable to describe task definition."))?;
    let tags = include.iter().any(|included| included == "TAGS").then_some(&found.tags);
    Ok(json!({"taskDefinition": found.definition, "tags": tags}))
}

pub(super) fn list_task_definitions(world: &World, input: &Value) -> Result<Value, ApiError> {
    let list: Listing = read_input(input)?;
    let status = list.status.as_deref().unwrap_or(ACTIVE);
    // Its name notwithstanding, the prefix is a whole family's name here.
    let wanted = |revision: &&Revision| {
        is(&revision.definition, "status", status)
            && list.family_prefix.as_deref().is_none_or(|family| revision.family == family)
    };
    let revisions = world.parsed::<TaskDefinitions>()?;
    let mut arns: Vec<String> = revisions.0.iter().filter(wanted).map(|revision| revision.arn.clone()).collect();
    match list.sort.as_deref() {
        None | Some("ASC") => {}
        Some("DESC") => arns.reverse(),
        Some(other) => return Err(invalid(format!("Invalid sort: {other}"))),
    }
    pages(arns, (list.max_results, MOST_RESULTS), list.next_token.as_deref(), "taskDefinitionArns")
}

pub(super) fn list_task_definition_families(world: &World, input: &Value) -> Result<Value, ApiError> {
    let list: Listing = read_input(input)?;
    let prefix = list.family_prefix.as_deref().unwrap_or_default();
    let revisions = world.parsed::<TaskDefinitions>()?;
    // Family → whether any of its revisions is active.
    let mut families: BTreeMap<&str, bool> = BTreeMap::new();
    for revision in revisions.0.iter().filter(|revision| revision.family.starts_with(prefix)) {
        *families.entry(&revision.family).or_default() |= revision.is_active();
    }
    let wanted = |is_active: bool| match list.status.as_deref() {
        Some(ACTIVE) => is_active,
        Some("INACTIVE") => !is_active,
        _ => true,
    };
    let families = families.into_iter().filter(|(_, is_active)| wanted(*is_active));
    let families = families.map(|(family, _)| family.to_owned()).collect();
    pages(families, (list.max_results, MOST_RESULTS), list.next_token.as_deref(), "families")
}
