//! What there is in the region, so that a question can name it: functions, ECS services and clusters,
//! alarms, log groups.

use futures::future::try_join_all;
use marple_agent::ports::ScopeError;
use marple_case::{ResourceKind, ResourceRef};

use super::{question, unasked, words};
use crate::{
    alarms::{self, Described, Wanted},
    clients::Clients,
    ecs,
    fault::{Asked, Fault},
};

/// Resources of one kind that are read at most: a larger account has to be asked about by alarm.
const LIMIT: usize = 2_000;

/// The names of a region.
#[derive(Debug)]
pub(super) struct Inventory {
    /// Alarms.
    pub alarms: Vec<Described>,
    /// Functions, ECS services and clusters, log groups.
    resources: Vec<ResourceRef>,
    /// The account, from the ARNs.
    pub account: Option<String>,
    /// What could not be listed, and why.
    pub unread: Vec<String>,
}

impl Inventory {
    /// The resources that a text names: functions, services, clusters, log groups, and what its alarms watch.
    pub(super) fn named(&self, text: &str) -> Vec<ResourceRef> {
        let names = question::named(text, self.resources.iter().map(|resource| resource.name.as_str()));
        let alarms = question::named(text, self.alarms.iter().map(|described| described.alarm.name.as_str()));
        let by_name = names.iter().flat_map(|name| self.resources.iter().filter(move |one| one.name == *name));
        let watching = self.alarms.iter().filter(|described| alarms.contains(&described.alarm.name));
        let watched: Vec<ResourceRef> = watching.flat_map(|described| described.alarm.watched()).collect();
        let mut subjects: Vec<ResourceRef> = Vec::new();
        for subject in by_name.cloned().chain(watched) {
            let is_its_log_group = subjects.iter().any(|known| {
                let logs = matches!(known.kind, ResourceKind::LambdaFunction | ResourceKind::EcsService);
                logs && subject.kind == ResourceKind::LogGroup && subject.name.ends_with(&format!("/{}", known.name))
            });
            if !is_its_log_group && !subjects.iter().any(|known| known.is_same(&subject)) {
                subjects.push(subject);
            }
        }
        subjects
    }

    /// The functions and services that a text speaks of without naming one, with a note that says so.
    pub(super) fn spoken_of(&self, text: &str, notes: &mut Vec<String>) -> Vec<ResourceRef> {
        let running: Vec<&ResourceRef> = self.resources.iter().filter(|one| runs(one)).collect();
        let names = words::fitting(text, running.iter().map(|one| one.name.as_str()));
        let meant: Vec<ResourceRef> =
            running.into_iter().filter(|one| names.contains(&one.name.as_str())).cloned().collect();
        if !meant.is_empty() {
            let names: Vec<String> = meant.iter().map(ToString::to_string).collect();
            notes.push(format!(
                "nothing that runs is named to the letter; by its words it may be {}",
                names.join(" or ")
            ));
        }
        meant
    }

    /// The resource with whose name a name begins, as alarms are called: `orders-api-errors`. Of several the one with the longest name.
    pub(super) fn beginning(&self, name: &str) -> Option<&ResourceRef> {
        let name = name.to_lowercase();
        let begins = |one: &&ResourceRef| {
            let rest = name.strip_prefix(&one.name.to_lowercase());
            rest.is_some_and(|rest| rest.starts_with(['-', '_', '.', ':', '/', ' ']))
        };
        self.resources.iter().filter(begins).max_by_key(|one| one.name.len())
    }
}

/// Whether a resource is a program that runs.
pub(super) fn runs(one: &ResourceRef) -> bool {
    matches!(one.kind, ResourceKind::LambdaFunction | ResourceKind::EcsService)
}

/// Lists what there is, all kinds at once. A kind that may not be listed is a note; bad credentials are an error.
pub(super) async fn read(clients: &Clients) -> Result<Inventory, ScopeError> {
    let wanted = Wanted::default();
    let (alarms, functions, services, groups) =
        futures::join!(alarms::describe(clients, &wanted), functions(clients), services(clients), log_groups(clients));
    let mut inventory = Inventory { alarms: Vec::new(), resources: Vec::new(), account: None, unread: Vec::new() };
    match alarms {
        Ok(alarms) => inventory.alarms = alarms,
        Err(fault) => inventory.unread.push(unlisted("alarms", fault)?),
    }
    for (what, listed) in [("functions", functions), ("ECS services", services), ("log groups", groups)] {
        match listed {
            Ok(mut resources) => inventory.resources.append(&mut resources),
            Err(fault) => inventory.unread.push(unlisted(what, fault)?),
        }
    }
    let arns = inventory.resources.iter().filter_map(|resource| resource.arn.as_deref());
    let arns = arns.chain(inventory.alarms.iter().map(|described| described.alarm.arn.as_str()));
    inventory.account = arns.filter_map(|arn| arn.split(':').nth(4)).find(|part| !part.is_empty()).map(str::to_owned);
    Ok(inventory)
}

fn unlisted(what: &str, fault: Fault) -> Result<String, ScopeError> {
    match fault {
        Fault::Credentials { .. } => Err(unasked(fault)),
        fault => Ok(format!("the {what} could not be listed: {fault}")),
    }
}

async fn functions(clients: &Clients) -> Result<Vec<ResourceRef>, Fault> {
    let mut functions = Vec::new();
    let mut marker = None;
    loop {
        let page = clients.lambda().list_functions().set_marker(marker).send().await.asked("lambda:ListFunctions")?;
        functions.extend(page.functions().iter().filter_map(|function| {
            let arn = function.function_arn().unwrap_or_default();
            Some(ResourceRef::with_arn(ResourceKind::LambdaFunction, function.function_name()?, arn))
        }));
        marker = page.next_marker.filter(|marker| !marker.is_empty());
        if marker.is_none() || functions.len() >= LIMIT {
            return Ok(functions);
        }
    }
}

/// Services and, after them, their clusters.
async fn services(clients: &Clients) -> Result<Vec<ResourceRef>, Fault> {
    let clusters = ecs::clusters(clients).await?;
    let arns = try_join_all(clusters.iter().map(|cluster| ecs::service::arns(cluster, clients))).await?;
    let services = arns.into_iter().flatten().map(|arn| ResourceRef::of_arn(ResourceKind::EcsService, arn));
    let mut resources: Vec<ResourceRef> = services.take(LIMIT).collect();
    resources.extend(clusters.into_iter().map(|arn| ResourceRef::of_arn(ResourceKind::EcsCluster, arn)));
    Ok(resources)
}

async fn log_groups(clients: &Clients) -> Result<Vec<ResourceRef>, Fault> {
    let mut groups = Vec::new();
    let mut token = None;
    loop {
        let page =
            clients.logs().describe_log_groups().set_next_token(token).send().await.asked("logs:DescribeLogGroups")?;
        let names = page.log_groups().iter().filter_map(|group| group.log_group_name());
        groups.extend(names.map(|name| ResourceRef::new(ResourceKind::LogGroup, name)));
        token = page.next_token;
        if token.is_none() || groups.len() >= LIMIT {
            return Ok(groups);
        }
    }
}
