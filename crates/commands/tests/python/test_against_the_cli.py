"""The checker and the AWS CLI agree: on commands as plans write them, and on the same commands with one thing wrong."""

import json
import os
import pathlib
import re
import subprocess
import zipfile

import pytest
from cli import complaint

CHECK = os.environ.get("MARPLE_COMMANDS_CHECK")
MARPLE = os.environ.get("MARPLE_BIN")

SOUND = """
aws lambda update-function-configuration --function-name orders --memory-size 512
aws lambda update-function-configuration --function-name orders --environment 'Variables={DB_HOST=db.internal,DEBUG=1}'
aws lambda update-function-configuration --function-name orders --environment '{"Variables": {"A": "b"}}'
aws lambda update-alias --function-name orders --name live --function-version 7
aws lambda put-function-concurrency --function-name orders --reserved-concurrent-executions 10
aws lambda get-function --function-name orders --query Code.Location --output text
aws ecs update-service --cluster prod --service api --task-definition api:41 --force-new-deployment
aws ecs update-service --cluster prod --service api --network-configuration 'awsvpcConfiguration={subnets=[subnet-1,subnet-2],securityGroups=[sg-1],assignPublicIp=DISABLED}'
aws ecs update-service --service api --deployment-configuration 'deploymentCircuitBreaker={enable=true,rollback=true},maximumPercent=200'
aws ecs wait services-stable --cluster prod --services api worker
aws ecs run-task --cluster prod --task-definition api:4 --overrides '{"containerOverrides": [{"name": "api", "memory": 512}]}'
aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Errors --dimensions Name=FunctionName,Value=orders --start-time 2025-12-16T05:00:00Z --end-time 2025-12-16T06:00:00Z --period 60 --statistics Sum Maximum
aws cloudwatch put-metric-alarm --alarm-name a --namespace AWS/Lambda --metric-name Errors --statistic Sum --period 60 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --dimensions Name=FunctionName,Value=orders
aws logs filter-log-events --log-group-name /aws/lambda/orders --start-time 1765863937000 --filter-pattern '"Task timed out"'
aws logs filter-log-events --log-group-name /aws/lambda/orders --limit 10
aws logs put-retention-policy --log-group-name /aws/lambda/orders --retention-in-days 30
aws elbv2 modify-target-group --target-group-arn arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/api/1 --health-check-path /health --health-check-timeout-seconds 5 --matcher HttpCode=200-299
aws elbv2 modify-rule --rule-arn arn:aws:elasticloadbalancing:us-east-1:111122223333:listener-rule/app/a/1/2/3 --actions Type=fixed-response,FixedResponseConfig={StatusCode=503}
aws ec2 describe-security-groups --filters Name=group-id,Values=sg-1,sg-2 Name=vpc-id,Values=vpc-1
aws ec2 authorize-security-group-egress --group-id sg-1 --ip-permissions IpProtocol=tcp,FromPort=5432,ToPort=5432,UserIdGroupPairs=[{GroupId=sg-2}]
aws cloudformation describe-stack-events --stack-name orders --max-items 20
aws cloudformation update-stack --stack-name orders --use-previous-template --parameters ParameterKey=Memory,ParameterValue=512 --capabilities CAPABILITY_IAM
aws rds modify-db-instance --db-instance-identifier orders --max-allocated-storage 200 --no-apply-immediately
aws rds modify-db-parameter-group --db-parameter-group-name p --parameters ParameterName=max_connections,ParameterValue=200,ApplyMethod=immediate
aws application-autoscaling register-scalable-target --service-namespace ecs --scalable-dimension ecs:service:DesiredCount --resource-id service/prod/api --min-capacity 2 --max-capacity 8
aws application-autoscaling put-scaling-policy --policy-name p --service-namespace ecs --resource-id service/prod/api --scalable-dimension ecs:service:DesiredCount --policy-type TargetTrackingScaling --target-tracking-scaling-policy-configuration '{"TargetValue": 60.0, "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}'
aws iam put-role-policy --role-name r --policy-name p --policy-document '{"Version": "2012-10-17", "Statement": []}'
aws secretsmanager describe-secret --secret-id db
aws dynamodb update-table --table-name t --provisioned-throughput ReadCapacityUnits=10,WriteCapacityUnits=5
aws sqs set-queue-attributes --queue-url https://sqs.us-east-1.amazonaws.com/111122223333/q --attributes VisibilityTimeout=60
aws ecr describe-images --repository-name api --image-ids imageTag=v1 imageTag=v2
aws stepfunctions describe-execution --execution-arn arn:aws:states:us-east-1:111122223333:execution:m:e
""".strip().splitlines()


def spoilt(command):
    """The same command with one thing wrong."""
    yield re.sub(r"--([a-z]+)-", r"--\1x-", command, count=1)  # an option that does not exist
    words = re.split(r" (?=--)", command)
    for number in range(1, len(words)):
        yield " ".join(words[:number] + words[number + 1:])  # one option less
    yield re.sub(r"=([a-z]+)\b", r"=\1", re.sub(r"(\d+)$", r"\1MB", command))  # a number with a unit
    yield re.sub(r"\b(Name|Type|Key|ParameterKey|IpProtocol|awsvpcConfiguration|Variables|HttpCode)=", r"X\1=", command, count=1)  # a member that does not exist
    yield re.sub(r'"([A-Z][a-zA-Z]+)": ', r'"X\1": ', command, count=1)
    yield command.replace("GreaterThanOrEqualToThreshold", "AtLeast").replace("TargetTrackingScaling ", "Tracking ").replace("service-namespace ecs", "service-namespace fargate")
    yield command + " leftover"
    yield command + " --output csv"


def ours(commands):
    answer = subprocess.run([CHECK], input="\n".join(commands) + "\n", capture_output=True, text=True, check=True)
    return [json.loads(line) for line in answer.stdout.splitlines()]


@pytest.mark.skipif(not CHECK, reason="MARPLE_COMMANDS_CHECK is not set")
def test_sound_and_spoilt_commands_are_judged_as_the_cli_judges_them():
    commands = list(dict.fromkeys(SOUND + [bad for command in SOUND for bad in spoilt(command)]))
    differences = []
    refused = 0
    for command, faults in zip(commands, ours(commands), strict=True):
        said = complaint(command)
        refused += said is not None
        # Values of an enumeration are the service's to refuse, not the CLI's: the checker knows them from the service's model.
        beyond = bool(faults) and said is None and all(" is none of " in fault for fault in faults)
        if bool(faults) != (said is not None) and not beyond:
            differences.append(f"{command}\n  checker: {faults}\n  AWS CLI: {said}")
    assert refused > 100, "too few of the spoilt commands are wrong"
    assert not differences, "\n".join(differences)


@pytest.mark.skipif(not MARPLE, reason="MARPLE_BIN is not set")
@pytest.mark.parametrize("scenario", sorted(path.name for path in pathlib.Path(__file__).parents[4].joinpath("scenarios").iterdir() if path.is_dir()))
def test_the_cli_accepts_every_command_of_a_scenarios_plan(scenario, tmp_path, monkeypatch):
    run = subprocess.run(
        [MARPLE, "investigate", "--scenario", scenario, "--model", "playbook", "--format", "json", "--quiet", "--data-dir", tmp_path], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    commands = list(dict.fromkeys(commands_of(json.loads(run.stdout)["mitigation"])))
    monkeypatch.chdir(tmp_path)
    for command in commands:
        for name in re.findall(r"fileb?://(\S+)", command):
            # What a person puts there before, as the plan's step says: a package, or a revised task definition.
            if name.endswith(".zip"):
                zipfile.ZipFile(name, "w").close()
            else:
                pathlib.Path(name).write_text('{"family": "f", "containerDefinitions": []}')
    complaints = {command: said for command in commands if (said := complaint(command))}
    assert not complaints, json.dumps(complaints, indent=1)


def commands_of(value):
    if isinstance(value, dict):
        if isinstance(value.get("command"), str):
            yield value["command"]
        for inner in value.values():
            yield from commands_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from commands_of(inner)
