"""moto as an independent AWS: a world that is written from moto's answers answers the same questions as moto does.

The answers of the Describe operations become the files of the world, as an author would paste them.
"""

import json
from datetime import datetime, timedelta, timezone

import boto3
import botocore.config
import botocore.exceptions
import pytest
from conftest import CREDENTIALS, REGION

moto = pytest.importorskip("moto")

ACCOUNT = "111122223333"
#: What moto gives and AWS does not, or what differs at every call.
VOLATILE = {"ResponseMetadata", "nextToken", "NextToken", "NextMarker"}


def scenario() -> str:
    now = (datetime.now(timezone.utc) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"""title = "Written from moto"
now = "{now}"
region = "{REGION}"
account = "{ACCOUNT}"
[trigger]
question = "?"
[truth]
verdict = "no_fault"
categories = ["none"]
components = []
"""


def typed(answer, shape):
    """An answer with texts where the service model has texts: moto gives the CPU and the memory of a container as numbers."""
    if shape.type_name == "structure":
        return {key: typed(value, shape.members[key]) if key in shape.members else value for key, value in answer.items()}
    if shape.type_name == "list":
        return [typed(item, shape.member) for item in answer]
    return str(answer) if shape.type_name == "string" and isinstance(answer, int) else answer


def typed_answers(client):
    """The client, whose answers are `typed`."""
    client.meta.events.register("after-call", lambda parsed, model, **_: parsed.update(typed(parsed, model.output_shape)))
    return client


def plain(answer):
    """An answer without what is of the call, times as text."""
    if isinstance(answer, dict):
        return {key: plain(value) for key, value in answer.items() if key not in VOLATILE}
    if isinstance(answer, list):
        return [plain(item) for item in answer]
    return answer.astimezone(timezone.utc).isoformat(timespec="milliseconds") if isinstance(answer, datetime) else answer


def seed_containers(ecs, elb, ec2):
    """A cluster with two families, of which one has an inactive revision, and a service behind a load balancer."""
    ecs.create_cluster(clusterName="shop")
    ecs.create_cluster(clusterName="spare")
    for family, revisions in (("web", 3), ("worker", 1)):
        for _ in range(revisions):
            ecs.register_task_definition(family=family, containerDefinitions=[{"name": "app", "image": "app:1", "memory": 64}])
    ecs.deregister_task_definition(taskDefinition="web:1")
    ecs.create_service(cluster="shop", serviceName="web", taskDefinition="web", desiredCount=2)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"] for n, zone in enumerate("ab")]
    network = {"awsvpcConfiguration": {"subnets": subnets[:1]}}
    for family in ("web", "web", "worker"):
        ecs.run_task(cluster="shop", taskDefinition=family, launchType="FARGATE", networkConfiguration=network)
    balancers = [elb.create_load_balancer(Name=name, Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"] for name in ("web-lb", "other-lb")]
    group = elb.create_target_group(Name="web-targets", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")["TargetGroups"][0]["TargetGroupArn"]
    listener = elb.create_listener(LoadBalancerArn=balancers[0], Protocol="HTTP", Port=80, DefaultActions=[{"Type": "forward", "TargetGroupArn": group}])["Listeners"][0]["ListenerArn"]
    elb.create_rule(ListenerArn=listener, Priority=5, Conditions=[{"Field": "path-pattern", "Values": ["/a"]}], Actions=[{"Type": "forward", "TargetGroupArn": group}])
    return balancers, group, listener


def seed_scaling(scaling):
    """The service scales from one to three tasks by its CPU."""
    service = {"ServiceNamespace": "ecs", "ResourceId": "service/shop/web", "ScalableDimension": "ecs:service:DesiredCount"}
    scaling.register_scalable_target(**service, MinCapacity=1, MaxCapacity=3)
    tracking = {"TargetValue": 60.0, "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}
    scaling.put_scaling_policy(PolicyName="cpu", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration=tracking, **service)


def seed_images(ecr):
    """Two images, one with two tags, and one that has lost its tag."""
    ecr.create_repository(repositoryName="team/web")
    ecr.create_repository(repositoryName="team/empty")
    for number, tags in enumerate((["1", "old"], ["2"], ["2"])):
        layer = {"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": 1000 + number, "digest": f"sha256:{number:064x}"}
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": [layer],
                    "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 7, "digest": f"sha256:{number + 9:064x}"}}
        for tag in tags:
            ecr.put_image(repositoryName="team/web", imageManifest=json.dumps(manifest), imageTag=tag)


def write_world(folder, clients, listener, group):
    ecs, elb, ecr = clients["ecs"], clients["elbv2"], clients["ecr"]
    arns = [arn for status in ("ACTIVE", "INACTIVE") for arn in ecs.list_task_definitions(status=status)["taskDefinitionArns"]]
    images = ecr.describe_images(repositoryName="team/web")
    ids = [{"imageDigest": image["imageDigest"]} for image in images["imageDetails"]]
    manifests = ecr.batch_get_image(repositoryName="team/web", imageIds=ids)["images"]
    scaling = clients["application-autoscaling"]
    tasks = ecs.describe_tasks(cluster="shop", tasks=ecs.list_tasks(cluster="shop")["taskArns"])
    files = {
        "ecs/clusters.json": ecs.describe_clusters(clusters=["shop", "spare"]),
        "ecs/services.json": ecs.describe_services(cluster="shop", services=["web"]),
        "ecs/tasks.json": tasks,
        "ecs/task-definitions.json": {"taskDefinitions": [ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"] for arn in arns]},
        "ecr/repositories.json": ecr.describe_repositories(),
        "ecr/images.json": images,
        "ecr/manifests.json": {image["imageId"]["imageDigest"]: image["imageManifest"] for image in manifests},
        "elbv2/load-balancers.json": elb.describe_load_balancers(),
        "elbv2/target-groups.json": elb.describe_target_groups(),
        "elbv2/target-health.json": {group: elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]},
        "elbv2/listeners.json": elb.describe_listeners(ListenerArns=[listener]),
        "application-autoscaling/scalable-targets.json": scaling.describe_scalable_targets(ServiceNamespace="ecs"),
        "application-autoscaling/scaling-policies.json": scaling.describe_scaling_policies(ServiceNamespace="ecs"),
        "elbv2/rules.json": {listener: elb.describe_rules(ListenerArn=listener)["Rules"]},
    }
    for path, content in files.items():
        file = folder / "world" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(plain(content)))
    (folder / "scenario.toml").write_text(scenario())


@pytest.fixture(scope="module")
def both(serve, tmp_path_factory):
    """Clients of moto and of the world that was written from it, by service; and what was seeded."""
    patch = pytest.MonkeyPatch()
    patch.setenv("MOTO_ACCOUNT_ID", ACCOUNT)
    from moto.core import models

    patch.setattr(models, "DEFAULT_ACCOUNT_ID", ACCOUNT, raising=False)
    with moto.mock_aws():
        names = ("application-autoscaling", "ecs", "ecr", "elbv2", "ec2")
        clients = {name: typed_answers(boto3.client(name, region_name=REGION, **CREDENTIALS)) for name in names}
        seeded = seed_containers(clients["ecs"], clients["elbv2"], clients["ec2"])
        seed_images(clients["ecr"])
        seed_scaling(clients["application-autoscaling"])
        folder = tmp_path_factory.mktemp("moto")
        write_world(folder, clients, seeded[2], seeded[1])
        recorded = {question: ask(clients, question, seeded) for question in QUESTIONS}
    url = serve(folder)
    config = botocore.config.Config(retries={"max_attempts": 0})
    played = {name: boto3.client(name, endpoint_url=url, region_name=REGION, config=config, **CREDENTIALS) for name in names}
    patch.undo()
    return recorded, played, seeded


def ask(clients, question, seeded):
    service, operation, arguments = QUESTIONS[question]
    arguments = arguments(*seeded) if callable(arguments) else arguments
    try:
        return plain(getattr(clients[service], operation)(**arguments))
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]


WEB = {"repositoryName": "team/web"}
QUESTIONS = {
    "clusters": ("ecs", "list_clusters", {}),
    "services": ("ecs", "list_services", {"cluster": "shop"}),
    "services of a cluster without any": ("ecs", "list_services", {"cluster": "spare"}),
    "a service and a missing one": ("ecs", "describe_services", {"cluster": "shop", "services": ["web"]}),
    "services of no cluster": ("ecs", "list_services", {"cluster": "nobody"}),
    "tasks": ("ecs", "list_tasks", {"cluster": "shop"}),
    "tasks of a family": ("ecs", "list_tasks", {"cluster": "shop", "family": "web"}),
    "the latest revision": ("ecs", "describe_task_definition", {"taskDefinition": "web"}),
    "an inactive revision": ("ecs", "describe_task_definition", {"taskDefinition": "web:1"}),
    "no task definition": ("ecs", "describe_task_definition", {"taskDefinition": "nobody"}),
    "revisions": ("ecs", "list_task_definitions", {}),
    "revisions of a family": ("ecs", "list_task_definitions", {"familyPrefix": "web"}),
    "inactive revisions": ("ecs", "list_task_definitions", {"status": "INACTIVE"}),
    "families": ("ecs", "list_task_definition_families", {}),
    "repositories": ("ecr", "describe_repositories", {}),
    "no repository": ("ecr", "describe_images", {"repositoryName": "nobody"}),
    "images": ("ecr", "describe_images", WEB),
    "an image by tag": ("ecr", "describe_images", {**WEB, "imageIds": [{"imageTag": "old"}]}),
    "no image": ("ecr", "describe_images", {**WEB, "imageIds": [{"imageTag": "9"}]}),
    "image ids": ("ecr", "list_images", WEB),
    "tagged image ids": ("ecr", "list_images", {**WEB, "filter": {"tagStatus": "TAGGED"}}),
    "a manifest": ("ecr", "batch_get_image", {**WEB, "imageIds": [{"imageTag": "2"}]}),
    "load balancers": ("elbv2", "describe_load_balancers", {}),
    "a load balancer": ("elbv2", "describe_load_balancers", {"Names": ["web-lb"]}),
    "target groups of a load balancer": ("elbv2", "describe_target_groups", lambda balancers, *_: {"LoadBalancerArn": balancers[0]}),
    "target groups": ("elbv2", "describe_target_groups", {}),
    "target groups in two ways": ("elbv2", "describe_target_groups", lambda balancers, *_: {"LoadBalancerArn": balancers[0], "Names": ["web-targets"]}),
    "no target group": ("elbv2", "describe_target_groups", {"Names": ["nobody"]}),
    "listeners": ("elbv2", "describe_listeners", lambda balancers, *_: {"LoadBalancerArn": balancers[0]}),
    "what scales": ("application-autoscaling", "describe_scalable_targets", {"ServiceNamespace": "ecs"}),
    "what scales a service": ("application-autoscaling", "describe_scaling_policies", {"ServiceNamespace": "ecs", "ResourceId": "service/shop/web"}),
    "what scales nothing": ("application-autoscaling", "describe_scaling_policies", {"ServiceNamespace": "ecs", "ResourceId": "service/shop/nobody"}),
    "rules": ("elbv2", "describe_rules", lambda _, __, listener: {"ListenerArn": listener}),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_world_answers_as_moto_does(both, question):
    recorded, played, seeded = both
    assert ask(played, question, seeded) == recorded[question]
