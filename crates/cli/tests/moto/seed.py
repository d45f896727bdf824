"""An incident in moto, seeded by boto3: a function whose new code fails on orders without an address, and what stands around it."""

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

FUNCTION = "orders-worker"
GROUP = f"/aws/lambda/{FUNCTION}"
ALARM = "orders-worker-errors"
STACK = "orders"
CLUSTER, SERVICE = "shop", "checkout"
CODE = """import json


def handler(event, context):
    order = json.loads(event["body"])
    address = order.get("address")
    return {"statusCode": 200, "body": address["city"]}
"""
#: Minutes before now in which an invocation fails.
FAILED = [9, 8, 7, 5, 4, 3]
#: Minutes before now in which there is one.
CALLED = [*range(50, 1, -1), *(minute + 1440 for minute in range(50, 1, -1))]


@dataclass
class Seeded:
    #: What happened is told from here.
    now: datetime
    package: bytes
    #: When the tools are asked: everything has been made by then.
    asked: datetime | None = None
    balancer: str = ""
    group: str = ""


def package() -> bytes:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app.py", CODE)
    return zipped.getvalue()


def seed(client) -> Seeded:
    """Seeds everything; `client` makes boto3's clients."""
    seeded = Seeded(now=datetime.now(timezone.utc).replace(second=0, microsecond=0), package=package())
    seed_function(client, seeded)
    seed_logs(client("logs"), seeded.now)
    seed_metrics(client("cloudwatch"), seeded.now)
    seed_containers(client, seeded)
    seed_others(client)
    # moto counts periods from the start of the span that is asked for, AWS from the full minute: here they are the same.
    seeded.asked = datetime.now(timezone.utc).replace(second=0, microsecond=0) + timedelta(minutes=1)
    return seeded


def seed_function(client, seeded):
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    role = client("iam").create_role(RoleName="orders-worker-role", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    client("lambda").create_function(
        FunctionName=FUNCTION, Runtime="python3.12", Role=role, Handler="app.handler", Code={"ZipFile": seeded.package}, MemorySize=256, Timeout=10,
        Environment={"Variables": {"TABLE": "orders", "LOG_LEVEL": "info", "PARTNER_API_KEY": "hunter2-but-longer"}}, Publish=True,
    )


def seed_logs(logs, now):
    logs.create_log_group(logGroupName=GROUP)
    logs.put_retention_policy(logGroupName=GROUP, retentionInDays=14)
    logs.create_log_group(logGroupName="/aws/lambda/quiet")
    stream = now.strftime("%Y/%m/%d/[$LATEST]") + "0" * 32
    logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
    events = []
    for number, minute in enumerate(sorted(CALLED, reverse=True)):
        at = now - timedelta(minutes=minute)
        milliseconds = int(at.timestamp() * 1000)
        request = f"00000000-0000-4000-8000-{number:012d}"
        lines = [f"START RequestId: {request} Version: $LATEST\n"]
        if minute in FAILED:
            lines.append("[ERROR] TypeError: 'NoneType' object is not subscriptable\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 7, in handler\n    return {\"statusCode\": 200, \"body\": address[\"city\"]}\n")
        lines.append(f"END RequestId: {request}\n")
        lines.append(f"REPORT RequestId: {request}\tDuration: 12.{minute % 10}0 ms\tBilled Duration: 13 ms\tMemory Size: 256 MB\tMax Memory Used: 61 MB\t\n")
        events += [{"timestamp": milliseconds + place, "message": line} for place, line in enumerate(lines)]
    for start in range(0, len(events), 100):
        logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events[start : start + 100])


def seed_metrics(cloudwatch, now):
    dimensions = [{"Name": "FunctionName", "Value": FUNCTION}]
    data = []
    for minute in CALLED:
        at = now - timedelta(minutes=minute)
        values = {"Invocations": (1.0, "Count"), "Errors": (float(minute in FAILED), "Count"), "Duration": (12.0 + minute % 10 / 10, "Milliseconds")}
        for name, (value, unit) in values.items():
            data.append({"MetricName": name, "Dimensions": dimensions, "Timestamp": at, "Value": value, "Unit": unit})
    for start in range(0, len(data), 100):
        cloudwatch.put_metric_data(Namespace="AWS/Lambda", MetricData=data[start : start + 100])
    cloudwatch.put_metric_alarm(
        AlarmName=ALARM, AlarmDescription="orders fail", Namespace="AWS/Lambda", MetricName="Errors", Dimensions=dimensions, Statistic="Sum",
        Period=60, EvaluationPeriods=2, Threshold=1.0, ComparisonOperator="GreaterThanOrEqualToThreshold", TreatMissingData="notBreaching",
    )
    reason = "Threshold Crossed: 2 datapoints were greater than or equal to the threshold (1.0)."
    cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason=reason)


def seed_containers(client, seeded):
    ecs, elb, ec2, ecr = client("ecs"), client("elbv2"), client("ec2"), client("ecr")
    ecr.create_repository(repositoryName="team/checkout")
    layer = {"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": 1000, "digest": f"sha256:{1:064x}"}
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": [layer],
                "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 7, "digest": f"sha256:{2:064x}"}}
    ecr.put_image(repositoryName="team/checkout", imageManifest=json.dumps(manifest), imageTag="7")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]["SubnetId"] for n, zone in enumerate("ab")]
    seeded.balancer = elb.create_load_balancer(Name="checkout-lb", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    seeded.group = elb.create_target_group(Name="checkout-tg", Protocol="HTTP", Port=8080, VpcId=vpc, TargetType="ip", HealthCheckPath="/health")["TargetGroups"][0]["TargetGroupArn"]
    elb.create_listener(LoadBalancerArn=seeded.balancer, Protocol="HTTP", Port=80, DefaultActions=[{"Type": "forward", "TargetGroupArn": seeded.group}])
    ecs.create_cluster(clusterName=CLUSTER)
    for tag in ("6", "7"):
        container = {"name": "app", "image": f"111122223333.dkr.ecr.us-east-1.amazonaws.com/team/checkout:{tag}", "memory": 512, "essential": True,
                     "environment": [{"name": "STAGE", "value": "prod"}, {"name": "DB_PASSWORD", "value": "hunter2-but-longer"}]}
        ecs.register_task_definition(family=SERVICE, networkMode="awsvpc", cpu="256", memory="512", requiresCompatibilities=["FARGATE"], containerDefinitions=[container])
    wall = ec2.create_security_group(GroupName="checkout", Description="checkout", VpcId=vpc)["GroupId"]
    network = {"awsvpcConfiguration": {"subnets": subnets[:1], "securityGroups": [wall]}}
    ecs.create_service(cluster=CLUSTER, serviceName=SERVICE, taskDefinition=SERVICE, desiredCount=2, launchType="FARGATE", networkConfiguration=network,
                       loadBalancers=[{"targetGroupArn": seeded.group, "containerName": "app", "containerPort": 8080}])
    # moto fails to run a task of a family in awsvpc mode.
    ecs.register_task_definition(family="batch", containerDefinitions=[{"name": "app", "image": "app:1", "memory": 64}])
    ecs.run_task(cluster=CLUSTER, taskDefinition="batch", launchType="FARGATE", networkConfiguration={"awsvpcConfiguration": {"subnets": subnets[:1]}})


def seed_others(client):
    template = {"AWSTemplateFormatVersion": "2010-09-09", "Description": "Orders", "Parameters": {"Stage": {"Type": "String", "Default": "prod"}},
                "Resources": {"Inbox": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "orders-inbox"}}},
                "Outputs": {"Queue": {"Value": {"Ref": "Inbox"}}}}
    client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(template))
    client("secretsmanager").create_secret(Name="orders/database", Description="of the orders", SecretString="never read")
    client("rds").create_db_instance(DBInstanceIdentifier="orders-db", Engine="postgres", DBInstanceClass="db.t4g.micro", AllocatedStorage=20,
                                     MasterUsername="orders", MasterUserPassword="never-read-either")
