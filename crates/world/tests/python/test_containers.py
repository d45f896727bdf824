"""What boto3 and the AWS CLI see of the fixture world's containers: ECS, ECR, load balancers, scaling."""

import json
from datetime import datetime, timezone

import botocore.exceptions
import pytest

CLUSTER = "bookshop-cluster"
KILLED = "0123456789abcdef0123456789abcdef"
ELB = "arn:aws:elasticloadbalancing:us-east-1:111122223333:"
BALANCER = f"{ELB}loadbalancer/app/bookshop-lb/50dc6c495c0c9188"
LISTENER = f"{ELB}listener/app/bookshop-lb/50dc6c495c0c9188/f2f7dc8efc522ab2"
TARGETS = f"{ELB}targetgroup/catalog-targets/0f1e2d3c4b5a6978"
CATALOG = "bookshop/catalog"
LATEST, BEFORE, UNTAGGED = (f"sha256:{letter * 64}" for letter in "abc")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)


def refused(call, **arguments):
    """The error of a call that has to fail: code and message."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def pages(client, operation: str, items: str, size: int = 1, **arguments):
    """The items of each page of so many."""
    found = client.get_paginator(operation).paginate(**arguments, PaginationConfig={"PageSize": size})
    return [page[items] for page in found]


def ends(arns):
    return [arn.rsplit("/", 1)[-1] for arn in arns]


# ECS


def test_services_and_tasks_come_in_pages(client):
    ecs = client("ecs")
    assert [ends(page) for page in pages(ecs, "list_services", "serviceArns", cluster=CLUSTER)] == [["catalog-web"], ["stock-worker"]]
    assert [len(page) for page in pages(ecs, "list_tasks", "taskArns", 2, cluster=CLUSTER)] == [2, 1]
    families = pages(ecs, "list_task_definition_families", "families", 2)
    assert families == [["catalog-web", "price-import"], ["stock-worker"]]
    assert [ends(page) for page in pages(ecs, "list_clusters", "clusterArns")] == [[CLUSTER]]
    assert refused(ecs.list_tasks, cluster=CLUSTER, nextToken="x")[0] == "InvalidParameterException"


def test_a_deployment_under_way_is_seen_with_its_events_and_times(client):
    answer = client("ecs").describe_services(cluster=CLUSTER, services=["catalog-web"], include=["TAGS"])
    service = answer["services"][0]
    assert answer["failures"] == [] and service["tags"] == [{"key": "team", "value": "web"}]
    assert [(d["status"], d["createdAt"]) for d in service["deployments"]] == [
        ("PRIMARY", utc(2025, 12, 16, 5, 50)),
        ("ACTIVE", utc(2025, 12, 1, 8)),
    ]
    assert [event["createdAt"] for event in service["events"]] == [utc(2025, 12, 16, 5, 55, 10), utc(2025, 12, 16, 5, 50, 5, 102000)]
    assert service["createdAt"] == utc(2025, 11, 2, 10, 0, 0, 250000)


def test_a_killed_task_says_so_within_the_hour(client):
    ecs = client("ecs")
    arns = ecs.list_tasks(cluster=CLUSTER, serviceName="catalog-web", desiredStatus="STOPPED")["taskArns"]
    task = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"][0]
    assert ends(arns) == [KILLED]
    assert task["stoppedAt"] == utc(2025, 12, 16, 5, 55, 8, 400000)
    assert (task["stoppedReason"], task["containers"][0]["exitCode"]) == ("Essential container in task exited", 137)


def test_a_task_definition_is_read_as_it_was_registered(client):
    ecs = client("ecs")
    answer = ecs.describe_task_definition(taskDefinition="catalog-web", include=["TAGS"])
    definition = answer["taskDefinition"]
    assert (definition["revision"], definition["registeredAt"]) == (3, utc(2025, 12, 16, 5, 49, 30))
    container = definition["containerDefinitions"][0]
    assert container["logConfiguration"]["options"]["awslogs-group"] == "/ecs/catalog-web"
    assert container["dockerLabels"] == {"createdAt": "by hand"}
    assert ecs.list_tags_for_resource(resourceArn=definition["taskDefinitionArn"])["tags"] == answer["tags"]


# ECR


def test_images_are_described_by_tag_by_digest_and_by_whether_they_have_a_tag(client):
    ecr = client("ecr")
    assert [[image["imageDigest"] for image in page] for page in pages(ecr, "describe_images", "imageDetails", repositoryName=CATALOG)] == [[LATEST], [BEFORE], [UNTAGGED]]
    both = ecr.describe_images(repositoryName=CATALOG, imageIds=[{"imageTag": "stable"}, {"imageDigest": BEFORE}])["imageDetails"]
    assert [image["imagePushedAt"] for image in both] == [utc(2025, 12, 16, 5, 45, 12), utc(2025, 12, 1, 7, 55)]
    untagged = ecr.describe_images(repositoryName=CATALOG, filter={"tagStatus": "UNTAGGED"})["imageDetails"]
    assert [image["imageDigest"] for image in untagged] == [UNTAGGED]
    names = [[r["repositoryName"] for r in page] for page in pages(ecr, "describe_repositories", "repositories")]
    assert names == [["bookshop/catalog"], ["bookshop/stock"]]


def test_an_image_that_is_not_pushed_by_now_is_not_there(client):
    ecr = client("ecr")
    assert refused(ecr.describe_images, repositoryName=CATALOG, imageIds=[{"imageTag": "1.5.0"}]) == (
        "ImageNotFoundException",
        "The image with imageId {imageDigest:'null', imageTag:'1.5.0'} does not exist within the repository with name "
        "'bookshop/catalog' in the registry with id '111122223333'",
    )
    answer = ecr.batch_get_image(repositoryName=CATALOG, imageIds=[{"imageTag": "1.5.0"}, {"imageTag": "1.3.9"}])
    assert [failure["failureCode"] for failure in answer["failures"]] == ["ImageNotFound"]
    assert answer["images"][0]["imageId"] == {"imageDigest": BEFORE, "imageTag": "1.3.9"}
    assert json.loads(answer["images"][0]["imageManifest"])["layers"][0]["size"] == 47100212


def test_a_stated_manifest_is_given_as_it_stands(client):
    image = client("ecr").batch_get_image(repositoryName=CATALOG, imageIds=[{"imageDigest": LATEST}])["images"][0]
    assert json.loads(image["imageManifest"])["config"]["size"] == 1510


def test_scan_findings_come_in_pages_and_an_image_without_a_scan_says_so(client):
    ecr = client("ecr")
    found = ecr.get_paginator("describe_image_scan_findings").paginate(repositoryName=CATALOG, imageId={"imageTag": "stable"}, PaginationConfig={"PageSize": 1})
    names = [[finding["name"] for finding in page["imageScanFindings"]["findings"]] for page in found]
    assert names == [["CVE-2025-0001"], ["CVE-2025-0002"]]
    scan = ecr.describe_image_scan_findings(repositoryName=CATALOG, imageId={"imageDigest": LATEST})
    assert scan["imageScanFindings"]["imageScanCompletedAt"] == utc(2025, 12, 16, 5, 45, 40)
    assert refused(ecr.describe_image_scan_findings, repositoryName=CATALOG, imageId={"imageTag": "1.3.9"})[0] == "ScanNotFoundException"


# Load balancers


def test_a_load_balancer_leads_to_its_unhealthy_target(client):
    elb = client("elbv2")
    balancer = elb.describe_load_balancers(Names=["bookshop-lb"])["LoadBalancers"][0]
    assert balancer["CreatedTime"] == utc(2025, 11, 2, 9, 50, 0, 120000) and balancer["State"] == {"Code": "active"}
    group = elb.describe_target_groups(LoadBalancerArn=balancer["LoadBalancerArn"])["TargetGroups"][0]
    assert (group["Port"], group["HealthCheckEnabled"], group["LoadBalancerArns"]) == (8080, True, [BALANCER])
    health = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
    assert [h["TargetHealth"].get("Reason") for h in health] == [None, "Target.ResponseCodeMismatch"]
    asked = [{"Id": "10.0.1.23", "Port": 8080}, {"Id": "10.0.9.9"}]
    health = elb.describe_target_health(TargetGroupArn=TARGETS, Targets=asked)["TargetHealthDescriptions"]
    assert [h["TargetHealth"]["State"] for h in health] == ["unhealthy", "unused"]


def test_a_listener_has_its_rules_and_a_default_rule(client):
    elb = client("elbv2")
    listener = elb.describe_listeners(LoadBalancerArn=BALANCER)["Listeners"][0]
    rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    assert [rule["Priority"] for rule in rules] == ["10", "default"]
    assert rules[0]["Actions"][0]["FixedResponseConfig"]["MessageBody"] == "<ok & well>"
    assert rules[0]["Conditions"][0]["PathPatternConfig"]["Values"] == ["/health"]
    assert rules[1]["Actions"] == listener["DefaultActions"] and rules[1]["IsDefault"] and rules[1]["Conditions"] == []
    assert elb.describe_rules(RuleArns=[rules[1]["RuleArn"]])["Rules"] == [rules[1]]


def test_attributes_are_the_defaults_under_what_is_stated(client):
    elb = client("elbv2")
    attributes = {a["Key"]: a["Value"] for a in elb.describe_load_balancer_attributes(LoadBalancerArn=BALANCER)["Attributes"]}
    assert (attributes["idle_timeout.timeout_seconds"], attributes["access_logs.s3.enabled"]) == ("30", "false")
    attributes = {a["Key"]: a["Value"] for a in elb.describe_target_group_attributes(TargetGroupArn=TARGETS)["Attributes"]}
    assert (attributes["deregistration_delay.timeout_seconds"], attributes["stickiness.type"]) == ("5", "lb_cookie")
    tags = elb.describe_tags(ResourceArns=[BALANCER, TARGETS])["TagDescriptions"]
    assert [tag["Tags"] for tag in tags] == [[{"Key": "team", "Value": "web"}], []]


def test_load_balancers_come_in_pages_and_unknown_ones_are_refused(client):
    elb = client("elbv2")
    found = pages(elb, "describe_load_balancers", "LoadBalancers")
    assert [[b["LoadBalancerName"] for b in page] for page in found] == [["bookshop-lb"], ["stock-lb"]]
    assert refused(elb.describe_load_balancers, Names=["later-lb"]) == ("LoadBalancerNotFound", "Load balancers '[later-lb]' not found")
    assert refused(elb.describe_target_health, TargetGroupArn=TARGETS + "0")[0] == "TargetGroupNotFound"
    assert refused(elb.describe_rules, ListenerArn=LISTENER + "0")[0] == "ListenerNotFound"
    assert refused(elb.describe_listeners)[0] == "ValidationError"


def test_the_older_generation_of_load_balancers_is_another_service(client):
    assert refused(client("elb").describe_load_balancers)[0] == "InvalidAction"


# Application Auto Scaling


def test_scaling_shows_limits_policies_and_what_it_has_done(client):
    scaling = client("application-autoscaling")
    target = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"][0]
    assert (target["MinCapacity"], target["MaxCapacity"], target["CreationTime"]) == (2, 4, utc(2025, 11, 2, 10, 1))
    asked = {"ServiceNamespace": "ecs", "ResourceId": target["ResourceId"]}
    done = pages(scaling, "describe_scaling_activities", "ScalingActivities", **asked)
    assert [[activity["ActivityId"] for activity in page] for page in done] == [["a2"], ["a1"]]
    all_activities = scaling.describe_scaling_activities(**asked, IncludeNotScaledActivities=True)["ScalingActivities"]
    assert all_activities[0]["NotScaledReasons"][0]["Code"] == "AlreadyAtMaxCapacity"
    assert scaling.describe_scaling_policies(**asked)["ScalingPolicies"][0]["PolicyName"] == "cpu-target"
    assert scaling.describe_scalable_targets(ServiceNamespace="lambda")["ScalableTargets"] == []
    assert refused(scaling.describe_scaling_policies, ServiceNamespace="ecs", ScalableDimension="ecs:service:DesiredCount")[0] == "ValidationException"


# The AWS CLI


def test_the_aws_cli_looks_around_in_containers(aws):
    events = json.loads(aws("ecs", "describe-services", "--cluster", CLUSTER, "--services", "catalog-web", "--query", "services[0].events[].id").stdout)
    assert events == ["e2", "e1"]
    tags = json.loads(aws("ecr", "list-images", "--repository-name", CATALOG, "--query", "imageIds[].imageTag").stdout)
    assert tags == ["1.4.0", "stable", "1.3.9"]
    state = json.loads(aws("elbv2", "describe-target-health", "--target-group-arn", TARGETS, "--query", "TargetHealthDescriptions[1].TargetHealth.State").stdout)
    assert state == "unhealthy"
    missing = aws("ecs", "list-services", "--cluster", "nobody")
    assert missing.returncode != 0 and "(ClusterNotFoundException)" in missing.stderr
