#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use serde_json::{Value, json};

use crate::services::tests::{ask, files, with, world};

const CLUSTER: &str = "bookshop-cluster";
const KILLED: &str = "0123456789abcdef0123456789abcdef";
const LONG_GONE: &str = "11111111111111111111111111111111";

fn ecs(operation: &str, input: &Value) -> Value {
    ask(&world(files()), "ecs", operation, input).unwrap()
}

fn refusal(operation: &str, input: &Value) -> String {
    let error = ask(&world(files()), "ecs", operation, input).unwrap_err();
    format!("{}: {}", error.code, error.message)
}

/// The last part of each ARN of a list.
fn ends(answer: &Value, list: &str) -> Vec<String> {
    let arns = answer[list].as_array().unwrap().iter().map(|arn| arn.as_str().unwrap());
    arns.map(|arn| arn.rsplit('/').next().unwrap().to_owned()).collect()
}

fn texts<'a>(items: &'a Value, member: &str) -> Vec<&'a str> {
    items.as_array().unwrap().iter().map(|item| item[member].as_str().unwrap()).collect()
}

#[test]
fn a_service_shows_the_deployments_and_events_of_until_now_newest_first() {
    let answer = ecs("DescribeServices", &json!({"cluster": CLUSTER, "services": ["catalog-web", "next-week"]}));
    let service = &answer["services"][0];
    assert_eq!(texts(&service["deployments"], "id"), ["ecs-svc/1000000000000000003", "ecs-svc/1000000000000000002"]);
    assert_eq!(texts(&service["events"], "id"), ["e2", "e1"]);
    assert_eq!(service.get("tags"), None);
    let missing = "arn:aws:ecs:us-east-1:111122223333:service/bookshop-cluster/next-week";
    assert_eq!(answer["failures"], json!([{"arn": missing, "reason": "MISSING"}]));
}

#[test]
fn a_stopped_task_is_shown_for_an_hour() {
    let stopped = json!({"cluster": CLUSTER, "serviceName": "catalog-web", "desiredStatus": "STOPPED"});
    assert_eq!(ends(&ecs("ListTasks", &stopped), "taskArns"), [KILLED]);
    let answer = ecs("DescribeTasks", &json!({"cluster": CLUSTER, "tasks": [KILLED, LONG_GONE]}));
    assert_eq!(answer["tasks"][0]["containers"][0]["exitCode"], 137);
    let gone = format!("arn:aws:ecs:us-east-1:111122223333:task/bookshop-cluster/{LONG_GONE}");
    assert_eq!(answer["failures"], json!([{"arn": gone, "reason": "MISSING"}]));
}

#[test]
fn tasks_are_listed_by_service_family_and_desired_status() {
    let listed = |filter: Value| {
        let mut input = filter;
        input["cluster"] = json!(CLUSTER);
        ends(&ecs("ListTasks", &input), "taskArns").iter().map(|id| id[..1].to_owned()).collect::<String>()
    };
    assert_eq!(listed(json!({})), "234");
    assert_eq!(listed(json!({"serviceName": "catalog-web"})), "23");
    assert_eq!(listed(json!({"family": "stock-worker"})), "4");
    assert_eq!(listed(json!({"desiredStatus": "PENDING"})), "");
    assert_eq!(listed(json!({"launchType": "EC2"})), "");
}

#[test]
fn a_family_means_its_latest_active_revision_registered_by_now() {
    let revision = |id: &str| {
        let answer = ecs("DescribeTaskDefinition", &json!({"taskDefinition": id, "include": ["TAGS"]}));
        (answer["taskDefinition"]["revision"].as_u64().unwrap(), answer["tags"].clone())
    };
    let (latest, tags) = revision("catalog-web");
    assert_eq!((latest, tags), (3, json!([{"key": "commit", "value": "9f2c1aa"}])));
    assert_eq!(revision("catalog-web:2").1, json!([{"key": "commit", "value": "77aa01b"}]));
    assert_eq!(revision("arn:aws:ecs:us-east-1:111122223333:task-definition/catalog-web:1").0, 1);
    for unknown in ["catalog-web:4", "catalog-web:latest", "price-import", "nobody"] {
        assert_eq!(
            refusal("DescribeTaskDefinition", &json!({"taskDefinition": unknown})),
            "ClientException: Unable to describe task definition."
        );
    }
}

#[test]
fn revisions_and_families_are_listed_by_status() {
    let revisions = |input: Value| ends(&ecs("ListTaskDefinitions", &input), "taskDefinitionArns");
    assert_eq!(revisions(json!({})), ["catalog-web:2", "catalog-web:3", "stock-worker:1"]);
    assert_eq!(revisions(json!({"familyPrefix": "catalog-web", "sort": "DESC"})), ["catalog-web:3", "catalog-web:2"]);
    assert_eq!(revisions(json!({"familyPrefix": "catalog"})), [""; 0]);
    assert_eq!(revisions(json!({"status": "INACTIVE"})), ["catalog-web:1", "price-import:7"]);
    let families = |input: Value| ends(&ecs("ListTaskDefinitionFamilies", &input), "families");
    assert_eq!(families(json!({})), ["catalog-web", "price-import", "stock-worker"]);
    assert_eq!(families(json!({"status": "INACTIVE"})), ["price-import"]);
    assert_eq!(families(json!({"familyPrefix": "cat", "status": "ACTIVE"})), ["catalog-web"]);
}

#[test]
fn a_cluster_counts_its_tasks_and_services_where_its_file_does_not() {
    let answer = ecs("DescribeClusters", &json!({"clusters": [CLUSTER, "nobody"], "include": ["TAGS"]}));
    let cluster = &answer["clusters"][0];
    let counts = ["activeServicesCount", "runningTasksCount", "pendingTasksCount"].map(|name| cluster[name].as_u64());
    assert_eq!(counts, [Some(2), Some(2), Some(1)]);
    assert_eq!((&cluster["tags"][0]["value"], &cluster["settings"]), (&json!("web"), &json!([])));
    assert_eq!(answer["failures"][0]["arn"], "arn:aws:ecs:us-east-1:111122223333:cluster/nobody");
}

#[test]
fn what_is_not_there_is_refused_as_ecs_refuses_it() {
    let unknown = "ClusterNotFoundException: Cluster not found.";
    assert_eq!(refusal("ListServices", &json!({})), unknown);
    assert_eq!(refusal("DescribeServices", &json!({"cluster": "nobody", "services": ["a"]})), unknown);
    assert_eq!(
        refusal("ListTasks", &json!({"cluster": "bookshop-old"})),
        "ClusterNotFoundException: The referenced cluster was inactive."
    );
    assert_eq!(
        refusal("ListTasks", &json!({"cluster": CLUSTER, "serviceName": "nobody"})),
        "ServiceNotFoundException: Service not found."
    );
    let elsewhere = format!("arn:aws:ecs:us-east-1:111122223333:task/bookshop-old/{KILLED}");
    assert_eq!(
        refusal("DescribeTasks", &json!({"cluster": CLUSTER, "tasks": [elsewhere]})),
        "InvalidParameterException: Invalid identifier: Identifier is for cluster bookshop-old. Your cluster is bookshop-cluster"
    );
}

#[test]
fn a_world_that_contradicts_its_now_or_itself_is_refused_by_the_check() {
    let arn = "arn:aws:ecs:us-east-1:111122223333";
    let task = |members: &str| {
        format!(
            r#"{{"tasks": [{{"taskArn": "{arn}:task/a/1", "clusterArn": "{arn}:cluster/bookshop-cluster", "lastStatus": "STOPPED",
                "taskDefinitionArn": "{arn}:task-definition/a:1", "createdAt": "2025-12-16T06:00:00Z"{members}}}]}}"#
        )
    };
    let elsewhere = task(r#", "stoppedAt": "2025-12-16T06:01:00Z""#).replace("bookshop-cluster", "other");
    let faults = [
        (
            "tasks",
            task(r#", "stoppedAt": "2025-12-16T06:11:00Z""#),
            "stoppedAt of arn:aws:ecs:us-east-1:111122223333:task/a/1 is after now",
        ),
        ("tasks", task(""), "is STOPPED, but has no stoppedAt"),
        ("tasks", elsewhere, "cluster/other, which is not in world/ecs/clusters.json"),
        (
            "task-definitions",
            r#"{"taskDefinitions": [{"family": "a"}]}"#.to_owned(),
            "taskDefinitions[0] has no taskDefinitionArn",
        ),
    ];
    for (file, text, what) in faults {
        let errors = with(&format!("world/ecs/{file}.json"), &text).check().unwrap_err();
        let error = errors[0].to_string();
        assert!(error.starts_with(&format!("world/ecs/{file}.json: ")) && error.contains(what), "{error}");
    }
}
