//! What the read things refer to, so that the world is whole: a service's cluster and revisions, a stack of which events were read, an
//! image's repository. Asked for where an operation of the program gives it; made of what the reference says where none does.

use std::collections::BTreeSet;

use marple_aws::Clients;
use serde_json::{Value, json};

use crate::{
    call::Call,
    kept::{FUNCTIONS, TASK_DEFINITIONS, listed},
    world::{List, World},
};

/// Revisions that are asked for at most; the newest of each family come first.
const REVISIONS: usize = 80;
/// What DescribeServices takes at most.
const SERVICES: usize = 10;
/// What DescribeTasks takes at most.
const TASKS: usize = 100;

const SERVICE_FILE: &str = "world/ecs/services.json";
const TASK_FILE: &str = "world/ecs/tasks.json";

/// Asks for what lists named and nobody described, and for what that refers to. What cannot be read is left out: the world says so when
/// it is checked.
pub(crate) async fn read(clients: &Clients, calls: &[Call], world: &World) {
    let described: BTreeSet<&str> = world.texts(SERVICE_FILE, "services", "/serviceArn").collect();
    let services: Vec<&str> = missing(listed(calls, "ecs:ListServices", "serviceArns"), &described);
    for (cluster, arns) in by_cluster(&services) {
        for arns in arns.chunks(SERVICES) {
            let arns = Some(arns.iter().map(|arn| (*arn).to_owned()).collect());
            said(
                clients
                    .ecs()
                    .describe_services()
                    .cluster(cluster)
                    .set_services(arns)
                    .include("TAGS".into())
                    .send()
                    .await,
            );
        }
    }
    let described: BTreeSet<&str> = world.texts(TASK_FILE, "tasks", "/taskArn").collect();
    let tasks: Vec<&str> = missing(listed(calls, "ecs:ListTasks", "taskArns"), &described);
    for (cluster, arns) in by_cluster(&tasks) {
        for arns in arns.chunks(TASKS) {
            let arns = Some(arns.iter().map(|arn| (*arn).to_owned()).collect());
            said(clients.ecs().describe_tasks().cluster(cluster).set_tasks(arns).include("TAGS".into()).send().await);
        }
    }
    for stack in stacks(world) {
        said(clients.cloudformation().describe_stacks().stack_name(stack).send().await);
    }
    for function in functions(world) {
        said(clients.lambda().get_function_configuration().function_name(function).send().await);
    }
}

/// Asks for the revisions that services, deployments, tasks and lists name. After [`read`], which may have found more of them.
pub(crate) async fn revisions(clients: &Clients, calls: &[Call], world: &World) {
    let known: BTreeSet<&str> =
        world.texts(TASK_DEFINITIONS.path, TASK_DEFINITIONS.name, "/taskDefinition/taskDefinitionArn").collect();
    let mut wanted: Vec<&str> = world.texts(SERVICE_FILE, "services", "/taskDefinition").collect();
    let services = world.items(SERVICE_FILE, "services").iter();
    let lists = services.flat_map(|service| ["deployments", "taskSets"].map(|list| service.get(list)));
    let deployments = lists.flatten().filter_map(Value::as_array).flatten();
    wanted.extend(deployments.filter_map(|deployment| deployment.get("taskDefinition")?.as_str()));
    wanted.extend(world.texts(TASK_FILE, "tasks", "/taskDefinitionArn"));
    let mut listed = listed(calls, "ecs:ListTaskDefinitions", "taskDefinitionArns");
    listed
        .sort_by_key(|arn| std::cmp::Reverse(arn.rsplit(':').next().and_then(|revision| revision.parse::<u32>().ok())));
    wanted.extend(listed);
    let mut asked = BTreeSet::new();
    for arn in wanted.into_iter().filter(|arn| !known.contains(arn)) {
        if asked.len() < REVISIONS && asked.insert(arn) {
            said(clients.ecs().describe_task_definition().task_definition(arn).include("TAGS".into()).send().await);
        }
    }
}

/// Makes the clusters and repositories that are referred to: no operation of the program describes them.
pub(crate) fn make(world: &mut World, calls: &[Call], (region, account): (&str, &str)) {
    let mut clusters: Vec<String> =
        listed(calls, "ecs:ListClusters", "clusterArns").into_iter().map(str::to_owned).collect();
    clusters.extend(world.texts(SERVICE_FILE, "services", "/clusterArn").map(str::to_owned));
    clusters.extend(world.texts(TASK_FILE, "tasks", "/clusterArn").map(str::to_owned));
    let list = List { path: "world/ecs/clusters.json", name: "clusters", identity: &["/clusterArn"] };
    for arn in clusters {
        let name = arn.rsplit('/').next().unwrap_or(&arn);
        world.put(list, json!({"clusterArn": arn, "clusterName": name, "status": "ACTIVE"}));
    }
    let answered = calls.iter().filter(|call| call.service == "ecr" && call.error().is_none());
    let mut repositories: BTreeSet<String> =
        answered.filter_map(|call| call.asked("repositoryName")).map(str::to_owned).collect();
    repositories.extend(world.texts("world/ecr/images.json", "imageDetails", "/repositoryName").map(str::to_owned));
    let list = List { path: "world/ecr/repositories.json", name: "repositories", identity: &["/repositoryName"] };
    for name in repositories {
        let arn = format!("arn:aws:ecr:{region}:{account}:repository/{name}");
        let uri = format!("{account}.dkr.ecr.{region}.amazonaws.com/{name}");
        world.put(
            list,
            json!({"repositoryArn": arn, "registryId": account, "repositoryName": name, "repositoryUri": uri}),
        );
    }
}

/// Files of functions and stacks that were never described: nobody would read them.
pub(crate) fn drop_strays(world: &mut World) {
    let functions: BTreeSet<String> = named(world, FUNCTIONS.path, FUNCTIONS.name, "/FunctionName");
    let stacks: BTreeSet<String> = named(world, "world/cloudformation/stacks.json", "Stacks", "/StackName");
    let is_stray = |path: &str| {
        let name = |folder: &str| Some(path.strip_prefix(folder)?.split_once('/')?.0.to_owned());
        // Names come over the wire: none leads out of the folder.
        path.split('/').any(|part| matches!(part, "" | "." | ".."))
            || name(FUNCTION_FOLDER).is_some_and(|name| !functions.contains(&name))
            || name(STACK_FOLDER).is_some_and(|name| !stacks.contains(&name))
    };
    world.json.retain(|path, _| !is_stray(path));
    world.others.retain(|path, _| !is_stray(path));
}

const FUNCTION_FOLDER: &str = "world/lambda/functions/";
const STACK_FOLDER: &str = "world/cloudformation/stacks/";

fn named(world: &World, path: &str, list: &str, pointer: &str) -> BTreeSet<String> {
    world.texts(path, list, pointer).map(str::to_owned).collect()
}

fn stacks(world: &World) -> BTreeSet<String> {
    let known = named(world, "world/cloudformation/stacks.json", "Stacks", "/StackName");
    folders(world, STACK_FOLDER).filter(|name| !known.contains(name)).collect()
}

fn functions(world: &World) -> BTreeSet<String> {
    let known = named(world, FUNCTIONS.path, FUNCTIONS.name, "/FunctionName");
    folders(world, FUNCTION_FOLDER).filter(|name| !known.contains(name)).collect()
}

fn folders<'w>(world: &'w World, folder: &'w str) -> impl Iterator<Item = String> {
    let paths = world.json.keys().chain(world.others.keys());
    paths.filter_map(move |path| Some(path.strip_prefix(folder)?.split_once('/')?.0.to_owned()))
}

fn missing<'a>(named: Vec<&'a str>, described: &BTreeSet<&str>) -> Vec<&'a str> {
    named.into_iter().filter(|arn| !described.contains(arn)).collect()
}

/// `arn:aws:ecs:REGION:ACCOUNT:service/CLUSTER/NAME`, by cluster.
fn by_cluster<'a>(arns: &[&'a str]) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut clusters: Vec<(&str, Vec<&str>)> = Vec::new();
    for arn in arns {
        let Some(cluster) = arn.split('/').nth(1) else { continue };
        match clusters.iter_mut().find(|(known, _)| *known == cluster) {
            Some((_, members)) => members.push(arn),
            None => clusters.push((cluster, vec![arn])),
        }
    }
    clusters
}

/// What was answered is recorded; a failure is worth a line in the program's own log.
pub(crate) fn said<T, E: std::error::Error>(answer: Result<T, E>) -> Option<T> {
    answer.inspect_err(|error| tracing::debug!(%error, "left out of the capture")).ok()
}
