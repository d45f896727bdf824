//! Whether a resource of a report is the one that a truth names: by name, by ARN, or by the id inside an ARN.

use marple_case::{ResourceKind, ResourceRef};

/// Whether `named` (a name, an id or an ARN) is this resource.
pub(super) fn is_named(resource: &ResourceRef, named: &str) -> bool {
    let mut own = names(&resource.name);
    own.extend(resource.arn.as_deref().map(names).unwrap_or_default());
    if resource.kind == ResourceKind::TaskDefinition {
        own.extend(family(&resource.name));
    }
    names(named).iter().any(|name| own.contains(name))
}

/// All resources of a report that are none of these, or are: the first that `named` fits.
pub(super) fn find<'a>(resources: &'a [ResourceRef], named: &str) -> Option<&'a ResourceRef> {
    resources.iter().find(|resource| is_named(resource, named))
}

/// A text as it stands, and what an ARN calls the resource.
fn names(text: &str) -> Vec<&str> {
    let mut names = vec![text];
    if let Some(resource) = text.strip_prefix("arn:").and_then(|rest| rest.splitn(5, ':').nth(4)) {
        names.push(resource);
        if let Some((sort, name)) = resource.split_once([':', '/']) {
            names.push(name);
            match sort {
                "secret" => names.extend(without_random_end(name)),
                // service/CLUSTER/NAME, loadbalancer/app/NAME/ID
                _ => names.extend(name.split('/').filter(|part| !matches!(*part, "app" | "net"))),
            }
        }
    }
    names
}

/// Secrets Manager puts a hyphen and six characters behind a secret's name.
fn without_random_end(name: &str) -> Option<&str> {
    name.rsplit_once('-').filter(|(_, end)| end.len() == 6).map(|(name, _)| name)
}

/// A task definition's family: its name without the revision.
fn family(name: &str) -> Option<&str> {
    let (family, revision) = name.rsplit_once(':')?;
    revision.bytes().all(|byte| byte.is_ascii_digit()).then_some(family)
}
