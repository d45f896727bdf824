//! `decoy`: a neighbour is deployed four minutes before onset, by CloudFormation as any deployment is. It shares no code with what is
//! at fault and works after as before. The stack, its function, its events and the trail agree. Where nothing stands beside what is at
//! fault, a stack of one bucket is put there first.

use jiff::Timestamp;
use marple_world::{ActionKind, Files, Scenario, ScenarioError};
use serde_json::{Value, json};

use super::{Made, edit, varied};

/// Seconds from the deployment to onset.
const BEFORE: i64 = 240;
const DEPLOYER: &str = "GitHubActions";

/// The neighbour: a stack that owns nothing of what is at fault.
struct Neighbour {
    stack: String,
    stack_id: String,
    /// Logical id and name of a function of its own, if it has one.
    function: Option<(String, String)>,
}

pub(super) fn make(base: &Scenario) -> Made {
    let at = edit::after(edit::onset(base), -BEFORE);
    let mut files = base.files().clone();
    let neighbour = match neighbour(base)? {
        Some(neighbour) => neighbour,
        None => settle(base, &mut files, at)?,
    };
    update_stack(&mut files, &neighbour, at)?;
    let mut trail = vec![trail_event(
        base,
        at,
        "cloudformation.amazonaws.com",
        "ExecuteChangeSet",
        &neighbour.stack,
        json!({
            "stackName": neighbour.stack, "changeSetName": format!("deploy-{}", at.as_second()),
        }),
    )];
    if let Some((_, function)) = &neighbour.function {
        let update = edit::after(at, 5);
        update_function(&mut files, function, update)?;
        trail.push(trail_event(
            base,
            update,
            "lambda.amazonaws.com",
            "UpdateFunctionCode20150331v2",
            function,
            json!({
                "functionName": function, "s3Bucket": format!("deploy-artifacts-{}", base.account),
                "s3Key": format!("{function}/{}.zip", edit::uuid(function, 7)), "publish": false, "dryRun": false,
            }),
        ));
    }
    for event in trail {
        edit::put_first(&mut files, edit::TRAIL, "Events", event)?;
    }
    let mut truth = base.truth.clone();
    let names = std::iter::once(neighbour.stack.clone()).chain(neighbour.function.map(|(_, function)| function));
    truth.must_not.components.extend(names);
    if !truth.plan.immediate_kinds.contains(&ActionKind::Rollback)
        && !truth.must_not.immediate_kinds.contains(&ActionKind::Rollback)
    {
        truth.must_not.immediate_kinds.push(ActionKind::Rollback);
    }
    varied(files, truth, format!("stack {} is deployed at {at}", neighbour.stack))
}

fn resources_of(stack: &str) -> String {
    format!("world/cloudformation/stacks/{stack}/resources.json")
}

/// The first stack with a function of its own; else the first. One that changed in the week before onset comes last, so that the world
/// has one deployment more.
fn neighbour(base: &Scenario) -> Result<Option<Neighbour>, ScenarioError> {
    let files = base.files();
    let functions = edit::list(files, edit::FUNCTIONS, "Functions")?;
    let week_before = edit::after(edit::onset(base), -7 * 86_400);
    let mut best: Option<((bool, bool), Neighbour)> = None;
    for stack in edit::list(files, edit::STACKS, "Stacks")? {
        let name = edit::text(&stack, "StackName").to_owned();
        let resources = edit::list(files, &resources_of(&name), "StackResourceSummaries")?;
        let is_at_fault = |resource: &Value| {
            let id = edit::text(resource, "PhysicalResourceId");
            edit::is_component(&base.truth, id) || edit::is_in_mechanism(&base.truth, id)
        };
        if name.is_empty() || base.truth.components.contains(&name) || resources.iter().any(is_at_fault) {
            continue;
        }
        let function = resources.iter().find_map(|resource| {
            let id = edit::text(resource, "PhysicalResourceId");
            let known = functions.iter().any(|function| edit::text(function, "FunctionName") == id);
            known.then(|| (edit::text(resource, "LogicalResourceId").to_owned(), id.to_owned()))
        });
        let updated = edit::text(&stack, "LastUpdatedTime").parse::<Timestamp>().ok();
        let rank = (function.is_some(), updated.is_none_or(|updated| updated <= week_before));
        if best.as_ref().is_none_or(|(known, _)| rank > *known) {
            let stack_id = edit::text(&stack, "StackId").to_owned();
            best = Some((rank, Neighbour { stack: name, stack_id, function }));
        }
    }
    Ok(best.map(|(_, neighbour)| neighbour))
}

/// A neighbour where there is none: a stack of one bucket, made half a year before.
fn settle(base: &Scenario, files: &mut Files, at: Timestamp) -> Result<Neighbour, ScenarioError> {
    const STACK: &str = "holiday-landing-page";
    let stack_id =
        format!("arn:aws:cloudformation:{}:{}:stack/{STACK}/{}", base.region, base.account, edit::uuid(STACK, 1));
    let made = edit::after(at, -180 * 86_400).to_string();
    let stack = json!({
        "StackId": stack_id, "StackName": STACK, "Description": "Pictures of the landing page", "CreationTime": made,
        "LastUpdatedTime": made, "RollbackConfiguration": {}, "StackStatus": "CREATE_COMPLETE", "DisableRollback": false,
        "NotificationARNs": [], "Tags": [], "DriftInformation": { "StackDriftStatus": "NOT_CHECKED" },
    });
    let bucket = json!({
        "LogicalResourceId": "Pictures", "PhysicalResourceId": format!("{STACK}-pictures-{}", base.account),
        "ResourceType": "AWS::S3::Bucket", "LastUpdatedTimestamp": made, "ResourceStatus": "CREATE_COMPLETE",
        "DriftInformation": { "StackResourceDriftStatus": "NOT_CHECKED" },
    });
    edit::put_first(files, edit::STACKS, "Stacks", stack)?;
    edit::put_list(files, &resources_of(STACK), "StackResourceSummaries", vec![bucket])?;
    Ok(Neighbour { stack: STACK.to_owned(), stack_id, function: None })
}

fn update_stack(files: &mut Files, neighbour: &Neighbour, at: Timestamp) -> Result<(), ScenarioError> {
    let Neighbour { stack, stack_id, function } = neighbour;
    let mut stacks = edit::list(files, edit::STACKS, "Stacks")?;
    for known in stacks.iter_mut().filter(|known| edit::text(known, "StackName") == stack) {
        edit::set(known, "LastUpdatedTime", at.to_string());
        edit::set(known, "StackStatus", "UPDATE_COMPLETE");
    }
    edit::put_list(files, edit::STACKS, "Stacks", stacks)?;
    let event = |seconds: i64, logical: &str, physical: &str, sort: &str, status: &str| {
        let at = edit::after(at, seconds);
        json!({
            "StackId": stack_id, "EventId": edit::uuid(logical, at.as_second().unsigned_abs()), "StackName": stack,
            "LogicalResourceId": logical, "PhysicalResourceId": physical, "ResourceType": sort, "Timestamp": at.to_string(),
            "ResourceStatus": status,
        })
    };
    const STACK: &str = "AWS::CloudFormation::Stack";
    let mut events = vec![
        event(13, stack, stack_id, STACK, "UPDATE_COMPLETE"),
        event(12, stack, stack_id, STACK, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
    ];
    if let Some((logical, name)) = function {
        const FUNCTION: &str = "AWS::Lambda::Function";
        events.push(event(10, logical, name, FUNCTION, "UPDATE_COMPLETE"));
        events.push(event(4, logical, name, FUNCTION, "UPDATE_IN_PROGRESS"));
        let path = resources_of(stack);
        let mut resources = edit::list(files, &path, "StackResourceSummaries")?;
        for resource in resources.iter_mut().filter(|resource| edit::text(resource, "LogicalResourceId") == logical) {
            edit::set(resource, "LastUpdatedTimestamp", edit::after(at, 10).to_string());
            edit::set(resource, "ResourceStatus", "UPDATE_COMPLETE");
        }
        edit::put_list(files, &path, "StackResourceSummaries", resources)?;
    }
    let mut first = event(0, stack, stack_id, STACK, "UPDATE_IN_PROGRESS");
    edit::set(&mut first, "ResourceStatusReason", "User Initiated");
    events.push(first);
    let path = format!("world/cloudformation/stacks/{stack}/events.json");
    events.extend(edit::list(files, &path, "StackEvents")?);
    // The newest first, as AWS lists them; a stack that is deployed again later keeps that.
    events.sort_by_key(|event| std::cmp::Reverse(edit::text(event, "Timestamp").parse::<Timestamp>().ok()));
    edit::put_list(files, &path, "StackEvents", events)
}

fn update_function(files: &mut Files, name: &str, at: Timestamp) -> Result<(), ScenarioError> {
    let mut functions = edit::list(files, edit::FUNCTIONS, "Functions")?;
    for function in functions.iter_mut().filter(|function| edit::text(function, "FunctionName") == name) {
        edit::set(function, "LastModified", edit::lambda_time(at));
        edit::set(function, "RevisionId", edit::uuid(name, 3));
    }
    edit::put_list(files, edit::FUNCTIONS, "Functions", functions)
}

fn trail_event(base: &Scenario, at: Timestamp, source: &str, action: &str, resource: &str, parameters: Value) -> Value {
    let id = edit::uuid(action, at.as_second().unsigned_abs());
    let sort = if source.starts_with("lambda") { "AWS::Lambda::Function" } else { "AWS::CloudFormation::Stack" };
    let account = &base.account;
    let arn = format!("arn:aws:sts::{account}:assumed-role/github-deploy/{DEPLOYER}");
    json!({
        "EventId": id, "EventName": action, "ReadOnly": "false", "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "EventTime": at.to_string(), "EventSource": source, "Username": DEPLOYER,
        "Resources": [{ "ResourceType": sort, "ResourceName": resource }],
        "CloudTrailEvent": {
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "AssumedRole", "principalId": format!("AROAX7QDMLEXAMPLE5K2F:{DEPLOYER}"), "arn": arn, "accountId": account,
                "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
            },
            "eventTime": at.to_string(), "eventSource": source, "eventName": action, "awsRegion": base.region,
            "sourceIPAddress": "cloudformation.amazonaws.com", "userAgent": "cloudformation.amazonaws.com",
            "requestParameters": parameters, "responseElements": null, "requestID": edit::uuid(action, 11), "eventID": id,
            "readOnly": false, "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": account,
            "eventCategory": "Management",
        },
    })
}
