//! What is in question, and whether a change touches it.

use futures::{future::join_all, join};
use marple_case::{ResourceKind, ResourceRef};

use super::containers::{self, Belongings};
use crate::{fault::Fault, stack, tool::Context};

/// The resources in question, with the stacks that own them.
#[derive(Debug, Clone, Default)]
pub(super) struct Subjects {
    /// The resources; empty: nothing is in question, and nothing can touch it.
    pub resources: Vec<ResourceRef>,
    /// The stacks that own them.
    pub stacks: Vec<String>,
    /// What belongs to them: families of task definitions, repositories.
    pub belongings: Belongings,
    /// What could not be found out.
    pub notes: Vec<String>,
}

impl Subjects {
    /// The named resource, or the scope's, with the stacks that own them.
    pub(super) async fn find(resource: Option<&str>, context: Context<'_>) -> Self {
        let resources = match resource {
            Some(named) => vec![known(named, context)],
            None => context.scope.subjects.clone(),
        };
        let mut subjects = Self { resources, ..Self::default() };
        let owners = join_all(subjects.resources.iter().map(|resource| owner(resource, context)));
        let (owners, belongings) = join!(owners, containers::belongings(&subjects.resources, context));
        match belongings {
            Ok(belongings) => subjects.belongings = belongings,
            Err(fault) => subjects.notes.push(format!("task definitions and images in question are unknown: {fault}")),
        }
        for (resource, owner) in subjects.resources.iter().zip(owners) {
            match owner {
                Ok(Some(stack)) if !subjects.stacks.contains(&stack) => subjects.stacks.push(stack),
                Ok(_) => {}
                Err(fault) => subjects.notes.push(format!("the stack that owns {resource} is unknown: {fault}")),
            }
        }
        subjects
    }

    /// Whether a change of these resources (and, if there is one, of this stack) touches what is in question.
    pub(super) fn touched_by(&self, changed: &[ResourceRef], stack: Option<&str>) -> bool {
        let owns = |name: &str| self.stacks.iter().any(|stack| stack == name);
        stack.is_some_and(owns)
            || changed.iter().any(|changed| changed.kind == ResourceKind::Stack && owns(&changed.name))
            || changed.iter().any(|changed| {
                let mut known = self.resources.iter().chain(&self.belongings.resources);
                known.any(|subject| is_named(subject, changed))
            })
    }

    /// The names under which CloudTrail may know what is in question: its own, its ARN, its stack's. A handful at most.
    pub(super) fn trail_names(&self) -> Vec<String> {
        let own = self.resources.iter().flat_map(|resource| [Some(resource.name.clone()), resource.arn.clone()]);
        let belonging = self.belongings.resources.iter().map(|resource| resource.name.clone());
        let mut names: Vec<String> = own.flatten().chain(self.stacks.iter().cloned()).chain(belonging).collect();
        names.dedup();
        names.truncate(6);
        names
    }

    /// The names, for a sentence. `None`: nothing is in question.
    pub(super) fn names(&self) -> Option<String> {
        let names: Vec<&str> = self.resources.iter().map(|resource| resource.name.as_str()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }
}

/// What the scope knows of a resource by that name or ARN; else the name alone.
fn known(named: &str, context: Context<'_>) -> ResourceRef {
    let same = |subject: &&ResourceRef| subject.name == named || subject.arn.as_deref() == Some(named);
    if let Some(subject) = context.scope.subjects.iter().find(same) {
        return subject.clone();
    }
    match named.strip_prefix("arn:") {
        Some(_) => ResourceRef::with_arn(ResourceKind::Other, short(named), named),
        None => ResourceRef::new(ResourceKind::Other, named),
    }
}

/// The last part of an ARN, without a log group's `:*`.
fn short(arn: &str) -> &str {
    arn.trim_end_matches(":*").rsplit([':', '/']).next().unwrap_or(arn)
}

async fn owner(resource: &ResourceRef, context: Context<'_>) -> Result<Option<String>, Fault> {
    match resource.kind {
        ResourceKind::Stack => Ok(Some(resource.name.clone())),
        // Neither is anything that a stack could own under this name.
        ResourceKind::Host | ResourceKind::ContainerImage => Ok(None),
        _ => match stack::owner(&resource.name, context).await? {
            Some(stack) => Ok(Some(stack)),
            // Some resources have their ARN as physical id: secrets, topics, load balancers.
            None => match &resource.arn {
                Some(arn) => stack::owner(arn, context).await,
                None => Ok(None),
            },
        },
    }
}

/// Whether both mean the same: the same ARN, or the same name where the kinds are the same or one is not known.
fn is_named(subject: &ResourceRef, changed: &ResourceRef) -> bool {
    let kinds = [subject.kind, changed.kind];
    let fit = subject.kind == changed.kind || kinds.contains(&ResourceKind::Other);
    let same = subject.name == changed.name || (is_family(subject) && is_revision_of(changed, subject));
    subject.is_same(changed) || (fit && same)
}

fn is_family(resource: &ResourceRef) -> bool {
    resource.kind == ResourceKind::TaskDefinition && !resource.name.contains(':')
}

/// Whether `family:revision` is one of this family.
fn is_revision_of(changed: &ResourceRef, family: &ResourceRef) -> bool {
    changed.name.rsplit_once(':').is_some_and(|(name, _)| name == family.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_touches_by_name_by_arn_and_by_the_owning_stack_and_not_by_likeness() {
        let arn = "arn:aws:lambda:us-east-1:111122223333:function:orders";
        let subjects = Subjects {
            resources: vec![ResourceRef::with_arn(ResourceKind::LambdaFunction, "orders", arn)],
            stacks: vec!["shop".to_owned()],
            belongings: Belongings {
                resources: vec![ResourceRef::new(ResourceKind::TaskDefinition, "orders-web")],
                repositories: Vec::new(),
            },
            notes: Vec::new(),
        };
        let touched = |resource: ResourceRef| subjects.touched_by(&[resource], None);
        assert!(touched(ResourceRef::new(ResourceKind::LambdaFunction, "orders")));
        assert!(touched(ResourceRef::new(ResourceKind::Other, "orders")));
        assert!(touched(ResourceRef::new(ResourceKind::Stack, "shop")));
        assert!(subjects.touched_by(&[], Some("shop")));
        assert!(touched(ResourceRef::new(ResourceKind::TaskDefinition, "orders-web:7")));
        assert!(!touched(ResourceRef::new(ResourceKind::TaskDefinition, "orders-web-2:7")));
        assert!(!touched(ResourceRef::new(ResourceKind::LambdaFunction, "orders-2")));
        assert!(!touched(ResourceRef::new(ResourceKind::Table, "orders")), "a table of the same name is another thing");
        assert!(!touched(ResourceRef::new(ResourceKind::Stack, "shop-2")));
        assert!(!Subjects::default().touched_by(&[ResourceRef::new(ResourceKind::Other, "x")], None));
    }
}
