"""Each tool against boto3: the facts that the program takes are what boto3 is told in answer to the same question.

boto3 asks moto itself, in its own protocols; the program asks through the proxy. What moto does otherwise than AWS is in `DIFFERENCES`.
"""

from datetime import datetime, timedelta, timezone

import botocore.exceptions
import pytest
import seed

#: What a comparison leaves out, and why. Nothing here is the program's to mend.
DIFFERENCES = {
    "query_logs": "moto does not filter, and its @timestamp is a number: the rows are compared with boto3's, not with what AWS would give",
    "list_changes": "moto has no LookupEvents: the trail has to be among what was not read, and never an absence",
    "get_metrics": "moto has no percentiles, and counts periods from the start of the span (the spans are whole minutes, therefore)",
    "list_tasks": "moto's containers have numbers where AWS has texts (mended by the proxy)",
    "describe_alarms": "moto has no DescribeAlarmHistory: there are no transitions",
    "describe_service": "moto's services have no events",
}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def same(one: str, other: datetime) -> bool:
    """To the millisecond: CBOR and JSON have floats."""
    return abs(moment(one) - other.astimezone(timezone.utc)) < timedelta(milliseconds=2)


def data(evidence: dict):
    assert evidence["outcome"] == "found", evidence
    return evidence["facts"]["data"]


def window(seeded):
    return seeded.asked - timedelta(hours=1), seeded.asked


def test_describe_alarms(tool, client):
    [alarm] = data(tool("describe_alarms"))
    [said] = client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert (alarm["name"], alarm["arn"]) == (said["AlarmName"], said["AlarmArn"])
    assert (alarm["description"], alarm["state_reason"]) == (said["AlarmDescription"], said["StateReason"])
    assert alarm["state"].upper() == said["StateValue"] == "ALARM" and abs(moment(alarm["state_since"]) - said["StateUpdatedTimestamp"]) < timedelta(seconds=1)
    condition = alarm["condition"]
    assert (condition["period_s"], condition["evaluation_periods"], condition["threshold"]) == (said["Period"], said["EvaluationPeriods"], said["Threshold"])
    assert (condition["statistic"], condition["comparison"], condition["treat_missing_data"]) == (said["Statistic"], said["ComparisonOperator"], said["TreatMissingData"])
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in said["Dimensions"]}
    assert condition["metrics"] == [{"namespace": said["Namespace"], "name": said["MetricName"], "dimensions": dimensions}]


@pytest.mark.parametrize(("name", "statistic"), [("Errors", "Sum"), ("Invocations", "SampleCount"), ("Duration", "Average"), ("Duration", "Maximum"), ("Duration", "Minimum")])
def test_get_metrics(tool, client, seeded, name, statistic):
    dimensions = {"FunctionName": seed.FUNCTION}
    facts = data(tool("get_metrics", metrics=[{"namespace": "AWS/Lambda", "name": name, "dimensions": dimensions, "statistics": [statistic]}], period_s=60))
    [series] = facts["series"]
    start, end = window(seeded)
    metric = {"Namespace": "AWS/Lambda", "MetricName": name, "Dimensions": [{"Name": "FunctionName", "Value": seed.FUNCTION}]}
    query = {"Id": "q", "MetricStat": {"Metric": metric, "Period": 60, "Stat": statistic}}
    answer = client("cloudwatch").get_metric_data(MetricDataQueries=[query], StartTime=start, EndTime=end, ScanBy="TimestampAscending")["MetricDataResults"][0]
    assert len(series["points"]) == len(answer["Values"]) > 40
    for (seconds, read), at, value in zip(series["points"], answer["Timestamps"], answer["Values"]):
        assert seconds == at.timestamp() and read == pytest.approx(value)
    assert series["window"]["points"] == len(answer["Values"])
    assert series["window"]["max"] == pytest.approx(max(answer["Values"])) and series["window"]["min"] == pytest.approx(min(answer["Values"]))


def test_a_metric_without_points_is_no_data(tool):
    nothing = tool("get_metrics", metrics=[{"namespace": "AWS/Lambda", "name": "Errors", "dimensions": {"FunctionName": "nobody"}, "statistics": ["Sum"]}])
    assert nothing["outcome"] == "no_data"


def test_list_metrics(tool, client):
    listed = data(tool("list_metrics", namespace="AWS/Lambda"))
    said = client("cloudwatch").list_metrics(Namespace="AWS/Lambda")["Metrics"]
    expected = {(metric["MetricName"], tuple((one["Name"], one["Value"]) for one in metric["Dimensions"])) for metric in said}
    assert {(metric["name"], tuple(metric["dimensions"].items())) for metric in listed} == expected


@pytest.mark.parametrize("pattern", ["", "ERROR", "REPORT"])
def test_search_logs(tool, client, seeded, pattern):
    logs = data(tool("search_logs", log_group=seed.GROUP, pattern=pattern, limit=200))
    start, end = (int(at.timestamp() * 1000) for at in window(seeded))
    options = {"filterPattern": pattern} if pattern else {}
    pages = client("logs").get_paginator("filter_log_events").paginate(logGroupName=seed.GROUP, startTime=start, endTime=end - 1, **options)
    said = [event for page in pages for event in page["events"]]
    assert len(logs["lines"]) == len(said) >= len(seed.FAILED)
    for line, event in zip(logs["lines"], said):
        assert moment(line["at"]).timestamp() * 1000 == pytest.approx(event["timestamp"])
        assert (line["stream"], line["message"]) == (event["logStreamName"], event["message"].rstrip("\n"))


def test_summarize_logs(tool):
    summary = data(tool("summarize_logs", log_group=seed.GROUP))
    [exception] = summary["exceptions"]
    assert (exception["class"], exception["count"], exception["frames"][0]["line"]) == ("TypeError", len(seed.FAILED), 7)
    assert summary["baseline_exceptions"] == [] and summary["complete"]
    assert summary["invocations"]["count"] == len([minute for minute in seed.CALLED if minute < 60])


def test_a_missing_log_group_is_no_data(tool):
    assert tool("search_logs", log_group="/aws/lambda/nobody", pattern="")["outcome"] == "no_data"


def test_query_logs(tool, client, seeded):
    query = "fields @timestamp, @message | limit 500"
    rows = data(tool("query_logs", log_groups=[seed.GROUP], query=query))
    logs, (start, end) = client("logs"), window(seeded)
    started = logs.start_query(logGroupNames=[seed.GROUP], queryString=query, startTime=int(start.timestamp()), endTime=int(end.timestamp()))
    said = logs.get_query_results(queryId=started["queryId"])["results"]
    assert rows["columns"] == ["@timestamp", "@message"]
    expected = [[field["value"].rstrip() for field in row if field["field"] != "@ptr"] for row in said]
    assert rows["rows"] == expected and len(expected) > 100


def test_list_log_groups(tool, client):
    groups = data(tool("list_log_groups"))
    said = client("logs").describe_log_groups()["logGroups"]
    assert [(group["name"], group["retention_days"], group["stored_bytes"]) for group in groups] == [(one["logGroupName"], one.get("retentionInDays"), one["storedBytes"]) for one in said]
    assert all(same(group["created"], datetime.fromtimestamp(one["creationTime"] / 1000, timezone.utc)) for group, one in zip(groups, said))


def test_get_function(tool, client):
    [function] = data(tool("get_function", function=seed.FUNCTION))
    said = client("lambda").get_function_configuration(FunctionName=seed.FUNCTION)
    assert (function["name"], function["arn"], function["runtime"], function["handler"]) == tuple(said[name] for name in ("FunctionName", "FunctionArn", "Runtime", "Handler"))
    assert (function["memory_mb"], function["timeout_s"], function["role"]) == (said["MemorySize"], said["Timeout"], said["Role"])
    assert (function["code_sha256"], function["code_size"]) == (said["CodeSha256"], said["CodeSize"])
    assert (function["state"], function["package_type"]) == (said["State"], said["PackageType"])
    shown = {variable["name"]: variable["value"] for variable in function["environment"]}
    assert set(shown) == set(said["Environment"]["Variables"])
    assert shown["TABLE"] == {"shown": "plain", "value": "orders"} and shown["PARTNER_API_KEY"]["shown"] == "hidden"
    versions = client("lambda").list_versions_by_function(FunctionName=seed.FUNCTION)["Versions"]
    assert [version["version"] for version in function["versions"]] == [version["Version"] for version in versions]


def test_who_may_invoke_a_function(tool, client):
    assert "resource policy, who may invoke it: none" in tool("get_function", function=seed.FUNCTION)["text"]
    rule = "arn:aws:events:us-east-1:111122223333:rule/nightly"
    client("lambda").add_permission(FunctionName=seed.FUNCTION, StatementId="rule", Action="lambda:InvokeFunction", Principal="events.amazonaws.com", SourceArn=rule)
    assert f"who may invoke it:\n  events.amazonaws.com from {rule}" in tool("get_function", function=seed.FUNCTION)["text"]


def test_a_missing_function_is_no_data(tool):
    assert tool("get_function", function="nobody")["outcome"] == "no_data"


def test_read_function_code(tool, seeded):
    code = data(tool("read_function_code", function=seed.FUNCTION))
    [file] = code["files"]
    assert (file["path"], file["size"], "\n".join(file["lines"])) == ("app.py", len(seed.CODE), seed.CODE.rstrip("\n"))
    assert code["package_size"] == len(seeded.package)


def test_describe_service(tool, client):
    [service] = data(tool("describe_service", service=seed.SERVICE, cluster=seed.CLUSTER))
    [said] = client("ecs").describe_services(cluster=seed.CLUSTER, services=[seed.SERVICE])["services"]
    assert (service["name"], service["arn"], service["status"]) == (said["serviceName"], said["serviceArn"], said["status"])
    assert (service["desired"], service["running"], service["pending"]) == (said["desiredCount"], said["runningCount"], said["pendingCount"])
    assert service["launch_type"] == said["launchType"] and said["taskDefinition"].endswith("/" + service["task_definition"])
    [target], [expected] = service["targets"], said["loadBalancers"]
    assert (target["target_group_arn"], target["container"], target["port"]) == (expected["targetGroupArn"], expected["containerName"], expected["containerPort"])
    for deployment, one in zip(service["deployments"], said["deployments"], strict=True):
        assert (deployment["id"], deployment["status"]) == (one["id"], one["status"]) and same(deployment["created"], one["createdAt"])


def test_list_tasks(tool, client):
    tasks = data(tool("list_tasks", cluster=seed.CLUSTER))
    ecs = client("ecs")
    said = ecs.describe_tasks(cluster=seed.CLUSTER, tasks=ecs.list_tasks(cluster=seed.CLUSTER)["taskArns"])["tasks"]
    assert [task["status"] for task in tasks] == [one["lastStatus"] for one in said] and len(said) == 1
    assert [task["task_definition"] for task in tasks] == [one["taskDefinitionArn"].rsplit("/", 1)[1] for one in said]
    assert [[container["name"] for container in task["containers"]] for task in tasks] == [[container["name"] for container in one["containers"]] for one in said]


def test_describe_task_definition(tool, client):
    revisions = data(tool("describe_task_definition", task_definition=seed.SERVICE))
    for fact in revisions:
        said = client("ecs").describe_task_definition(taskDefinition=fact["arn"])["taskDefinition"]
        assert (fact["family"], fact["revision"], fact["status"]) == (said["family"], said["revision"], said["status"])
        assert (fact["cpu"], fact["memory"]) == (said["cpu"], said["memory"])
        [container], [expected] = fact["containers"], said["containerDefinitions"]
        assert (container["name"], container["image"], container["memory"]) == (expected["name"], expected["image"], expected["memory"])
        shown = {variable["name"]: variable["value"]["shown"] for variable in container["environment"]}
        assert shown == {"STAGE": "plain", "DB_PASSWORD": "hidden"}
    [new, old] = revisions
    assert new["compared_with"] == old["revision"] == 1 and "checkout:6 -> " in new["differences"][0]


def test_list_images(tool, client):
    [image] = data(tool("list_images", repository="team/checkout"))["images"]
    [said] = client("ecr").describe_images(repositoryName="team/checkout")["imageDetails"]
    assert (image["digest"], image["tags"], image["size"]) == (said["imageDigest"], said["imageTags"], said["imageSizeInBytes"])
    assert same(image["pushed"], said["imagePushedAt"])


def test_describe_load_balancer(tool, client, seeded):
    [balancer] = data(tool("describe_load_balancer", arn=seeded.balancer))
    [said] = client("elbv2").describe_load_balancers(LoadBalancerArns=[seeded.balancer])["LoadBalancers"]
    assert (balancer["name"], balancer["arn"], balancer["dns_name"]) == (said["LoadBalancerName"], said["LoadBalancerArn"], said["DNSName"])
    [group] = balancer["target_groups"]
    [expected] = client("elbv2").describe_target_groups(LoadBalancerArn=seeded.balancer)["TargetGroups"]
    assert (group["name"], group["arn"]) == (expected["TargetGroupName"], expected["TargetGroupArn"])


def test_describe_stack(tool, client):
    evidence = tool("describe_stack", stack=seed.STACK)
    [stack] = data(evidence)
    [said] = client("cloudformation").describe_stacks(StackName=seed.STACK)["Stacks"]
    assert (stack["name"], stack["arn"], stack["status"]) == (said["StackName"], said["StackId"], said["StackStatus"])
    assert same(stack["created"], said["CreationTime"])
    assert stack["parameters"] == [[one["ParameterKey"], one["ParameterValue"]] for one in said["Parameters"]]
    assert stack["outputs"] == [[one["OutputKey"], one["OutputValue"]] for one in said["Outputs"]]
    resources = client("cloudformation").list_stack_resources(StackName=seed.STACK)["StackResourceSummaries"]
    assert [(one["logical_id"], one["resource_type"], one["status"]) for one in stack["resources"]] == [(one["LogicalResourceId"], one["ResourceType"], one["ResourceStatus"]) for one in resources]
    template = client("cloudformation").get_template(StackName=seed.STACK)["TemplateBody"]
    queue = template["Resources"]["Inbox"]["Properties"]["QueueName"]
    assert evidence["text"].endswith(f'template:\n  Inbox:\n    Type: AWS::SQS::Queue\n    Properties: {{"QueueName":"{queue}"}}')
    assert evidence["text"].endswith(tool("describe_stack", stack=seed.STACK, template_of=["Inbox"])["text"].partition("template:")[2])


def test_list_stack_events(tool, client):
    events = data(tool("list_stack_events", stack=seed.STACK))["events"]
    said = client("cloudformation").describe_stack_events(StackName=seed.STACK)["StackEvents"]
    known = sorted((one["LogicalResourceId"], one["ResourceStatus"], one["ResourceType"]) for one in said)
    assert sorted((event["logical_id"], event["status"], event["resource_type"]) for event in events) == known


def test_list_secrets(tool, client):
    [secret] = data(tool("list_secrets"))
    [said] = client("secretsmanager").list_secrets()["SecretList"]
    assert (secret["name"], secret["arn"], secret["description"]) == (said["Name"], said["ARN"], said["Description"])
    assert same(secret["created"], said["CreatedDate"]) and "never read" not in str(secret)


def test_describe_database(tool, client):
    [database] = data(tool("describe_database"))["databases"]
    [said] = client("rds").describe_db_instances()["DBInstances"]
    assert (database["id"], database["arn"], database["engine"]) == (said["DBInstanceIdentifier"], said["DBInstanceArn"], said["Engine"])
    assert (database["status"], database["endpoint"], database["port"]) == (said["DBInstanceStatus"], said["Endpoint"]["Address"], said["Endpoint"]["Port"])
    assert same(database["created"], said["InstanceCreateTime"])


def test_list_changes(tool, client):
    evidence = tool("list_changes")
    changes = data(evidence)
    with pytest.raises(botocore.exceptions.ClientError):
        client("cloudtrail").lookup_events()
    assert "cloud_trail" not in changes["read"] and "cloud_trail" in [source for source, _ in changes["unread"]]
    assert evidence["unread"][0]["outcome"] == "failed"
    [function] = client("lambda").list_functions()["Functions"]
    [made] = [change for change in changes["changes"] if change["source"] == "lambda"]
    assert made["resource"]["name"] == function["FunctionName"] and same(made["at"], moment(function["LastModified"].replace("+0000", "Z")))
    stack = client("cloudformation").describe_stacks(StackName=seed.STACK)["Stacks"][0]
    assert stack["StackName"] in {change["resource"]["name"] for change in changes["changes"] if change["source"] == "cloud_formation"}


def test_the_proxy_translated_and_nothing_of_cloudwatch_went_past_it(proxy, tool):
    tool("describe_alarms")
    assert "DescribeAlarms" in proxy.translated
