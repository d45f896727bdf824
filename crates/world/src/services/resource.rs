//! Resources as the scenario's JSON files hold them: objects in the shape of the AWS CLI's output.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{ApiError, Service};
use crate::page::{Page, page};
use crate::scenario::read_json;
use crate::wire::Members;
use crate::{Scenario, ScenarioError};

/// One resource, in the shape of the AWS CLI's JSON; its times are RFC 3339 in UTC.
pub(super) type Resource = Map<String, Value>;

/// Reads the list `key` of a file (`Stacks` of `world/cloudformation/stacks.json`). An absent file is an empty list.
///
/// # Errors
/// When the file is malformed, holds anything but that list, or an item lacks one of the `required` text members.
pub(super) fn read_list(
    scenario: &Scenario,
    service: &Service,
    path: &str,
    key: &str,
    required: &[&str],
) -> Result<Vec<Resource>, ScenarioError> {
    let Some(content) = scenario.files().get(path) else {
        return Ok(Vec::new());
    };
    let invalid = |what: String| ScenarioError::Invalid { file: path.to_owned(), what };
    let mut file: Resource = read_json(path, content)?;
    let mut list = file.remove(key).ok_or_else(|| invalid(format!("there is no list {key}")))?;
    normalise_at(&service.members, key, &mut list).map_err(invalid)?;
    let resources: Vec<Resource> =
        serde_json::from_value(list).map_err(|error| invalid(format!("{key} is not a list of objects: {error}")))?;
    for (index, resource) in resources.iter().enumerate() {
        if let Some(name) = required.iter().find(|name| text(resource, name).is_none()) {
            return Err(invalid(format!("{key}[{index}] has no {name}")));
        }
    }
    Ok(resources)
}

/// Reads a file that maps a resource's ARN, name or digest to something of it. An absent file is an empty map.
///
/// # Errors
/// When the file is not a JSON object, or holds a time that is none.
pub(super) fn read_map(scenario: &Scenario, service: &Service, path: &str) -> Result<Resource, ScenarioError> {
    let Some(content) = scenario.files().get(path) else {
        return Ok(Resource::new());
    };
    let mut map: Resource = read_json(path, content)?;
    for value in map.values_mut() {
        service.members.normalise(value).map_err(|what| ScenarioError::Invalid { file: path.to_owned(), what })?;
    }
    Ok(map)
}

/// Makes the times below a list's key RFC 3339, in the place where the wire will look for them.
fn normalise_at(members: &Members, key: &str, list: &mut Value) -> Result<(), String> {
    let mut wrapped = Value::Object(Map::from_iter([(key.to_owned(), list.take())]));
    members.normalise(&mut wrapped)?;
    *list = wrapped.get_mut(key).map_or(Value::Null, Value::take);
    Ok(())
}

/// A text member that is there and not blank.
pub(super) fn text<'a>(resource: &'a Resource, name: &str) -> Option<&'a str> {
    resource.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// Whether a text member is exactly `wanted`.
pub(super) fn is(resource: &Resource, name: &str, wanted: &str) -> bool {
    text(resource, name) == Some(wanted)
}

/// A time member.
pub(super) fn time(resource: &Resource, name: &str) -> Option<Timestamp> {
    text(resource, name)?.parse().ok()
}

/// Whether a resource existed at `now`: its time `name` is not later. A resource without that time always did.
pub(super) fn existed(resource: &Resource, name: &str, now: Timestamp) -> bool {
    time(resource, name).is_none_or(|time| time <= now)
}

/// Refuses a resource that had begun by `now`, but holds a time after it: its file has to show it as it stood at `now`.
///
/// # Errors
/// Names the file, the resource and the member.
pub(super) fn refuse_later(
    resource: &Resource,
    (file, name): (&str, &str),
    members: &[&str],
    now: Timestamp,
) -> Result<(), ScenarioError> {
    let Some(member) = members.iter().find(|member| !existed(resource, member, now)) else {
        return Ok(());
    };
    let what = format!("{member} of {name} is after now ({now}): write the state of now");
    Err(ScenarioError::Invalid { file: file.to_owned(), what })
}

/// The items of a list member that are objects.
pub(super) fn items<'a>(resource: &'a Resource, list: &str) -> impl Iterator<Item = &'a Resource> {
    resource.get(list).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

/// Some members of a resource, under the names that another operation gives them.
pub(super) fn pick(resource: &Resource, members: &[(&str, &str)]) -> Resource {
    members.iter().filter_map(|(from, to)| Some(((*to).to_owned(), resource.get(*from)?.clone()))).collect()
}

/// An answer that holds a page: its items, and the token of the next page if there is one.
pub(super) fn page_answer<T: Into<Value>>(page: Page<T>, list: &str, token: &str) -> Value {
    let mut answer = Resource::new();
    answer.insert(list.to_owned(), page.items.into_iter().map(Into::into).collect());
    if let Some(next) = page.next {
        answer.insert(token.to_owned(), next.into());
    }
    Value::Object(answer)
}

/// Cuts a page and answers it; `invalid_token` is the service's own error.
pub(super) fn paged<T: Into<Value>>(
    items: Vec<T>,
    size: usize,
    token: Option<&str>,
    (list, token_name): (&str, &str),
    invalid_token: impl FnOnce() -> ApiError,
) -> Result<Value, ApiError> {
    let page = page(items, size, token, list).map_err(|_| invalid_token())?;
    Ok(page_answer(page, list, token_name))
}
