#!/usr/bin/env python3
"""Writes the JSON Schemas of the world files that have the shape of the AWS CLI's output.

The shapes come from botocore's service models, the constraints from what `crates/world` needs: `FILES` below says which
operation a file is the output of, and what the world asks beyond it. The schemas of our own formats (`*.toml`,
`logs.jsonl`) are written by hand.

    pip install -r .ci/requirements.txt
    docs/schemas/generate.py            writes the schemas beside this file
    docs/schemas/generate.py --check    says which ones are not what it would write

What a schema says beyond the service model's types:

- a time is RFC 3339 text or an epoch number, whatever AWS's wire has;
- a member is required only where the world cannot do without it, and then it is not blank;
- a member that the model does not know is refused, although the world lets it pass: it is a slip of the pen, or botocore
  has to be newer;
- an enumeration gives examples, because AWS adds to it, but for those in `CLOSED`.
"""

import json
import sys
from pathlib import Path

import botocore
import botocore.session

HERE = Path(__file__).resolve().parent
DIALECT = "https://json-schema.org/draft/2020-12/schema"

#: Enumerations that the world itself knows all values of.
CLOSED = {("cloudwatch", "StateValue"), ("lambda", "PackageType")}

RFC3339 = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})$"
TIME = {
    "description": "RFC 3339, best in UTC; or epoch seconds, or milliseconds where seconds would be absurd.",
    "anyOf": [{"type": "string", "format": "date-time", "pattern": RFC3339}, {"type": "number"}],
}
#: A time that is a whole number of milliseconds on AWS's wire, or text.
MILLISECONDS = {
    "description": "RFC 3339, best in UTC; or epoch milliseconds.",
    "anyOf": [{"type": "string", "format": "date-time", "pattern": RFC3339}, {"type": "integer"}],
}
#: A time that is text on AWS's wire as well.
TEXT_TIME = {"description": "RFC 3339, best in UTC.", "type": "string", "format": "date-time", "pattern": RFC3339}
#: JSON inside a string, which authors may write as plain JSON.
DOCUMENT = {"description": "JSON as a string, as AWS has it, or as it is.", "type": ["string", "object"]}

_FUNCTION = {
    "LastModified": TEXT_TIME,
    "CodeSize": {
        "description": "Bytes; left out or \"computed\": of the zipped files of code/.",
        "anyOf": [{"type": "integer"}, {"const": "computed"}],
    },
    "CodeSha256": {"description": "Left out or \"computed\": of the zipped files of code/.", "type": "string"},
}
_STOPPED_HAS_A_TIME = {
    "if": {"properties": {"lastStatus": {"const": "STOPPED"}}, "required": ["lastStatus"]},
    "then": {"required": ["stoppedAt"]},
}
_SCALING = ["ServiceNamespace", "ResourceId", "ScalableDimension"]


class Listing:
    """A file that holds the output of an operation: one or two lists of resources."""

    def __init__(self, service, operation, required=None, members=None, also=None, is_list_required=True, is_only=False):
        self.service, self.operation = service, operation
        #: List → the members that each of its items needs.
        self.required = required or {}
        #: Shape → its members that the world reads in its own way.
        self.members = members or {}
        #: List → what else holds of each item.
        self.also = also or {}
        self.is_list_required = is_list_required
        #: Whether the world refuses a member beside the lists.
        self.is_only = is_only

    def schema(self, definitions):
        output = definitions.operation(self.operation).output_shape
        lists = {name: shape for name, shape in output.members.items() if name in self.required}
        members = {name: definitions.of(shape) for name, shape in output.members.items()
                   if name in lists or not self.is_only}
        for name, shape in lists.items():
            item = {"$ref": definitions.needing(shape.member, self.required[name], self.also.get(name))}
            members[name] = {"type": "array", "items": item}
        if not self.is_only:
            members = {"$schema": {"type": "string"}, **members}
        return closed(members, required=lists if self.is_list_required else ())


class Output:
    """A file that holds some members of an operation's output."""

    def __init__(self, service, operation, names, members=None):
        self.service, self.operation, self.names = service, operation, names
        self.members = members or {}

    def schema(self, definitions):
        output = definitions.operation(self.operation).output_shape
        given = self.members.get(output.name, {})
        members = {name: given.get(name) or definitions.of(output.members[name]) for name in self.names}
        return closed(members)


class ByKey:
    """A file that maps an ARN or a digest to a list of something, or to something."""

    members = {}

    def __init__(self, service, operation, key, shape, is_list=True):
        self.service, self.operation, self.key, self.shape, self.is_list = service, operation, key, shape, is_list

    def schema(self, definitions):
        value = definitions.of(definitions.shape(self.shape))
        value = {"type": "array", "items": value} if self.is_list else value
        return {"type": "object", "patternProperties": {self.key: value}, "additionalProperties": False}


class TaskDefinitions:
    """Every revision, as the output of describe-task-definition or its taskDefinition alone, with its tags."""

    service, operation = "ecs", "DescribeTaskDefinition"
    members = {"TaskDefinition": {"taskDefinitionArn": {
        "type": "string",
        "pattern": r"^arn:aws[a-z-]*:ecs:[^:]+:\d{12}:task-definition/[^/:]+:[0-9]+$",
    }}}

    def schema(self, definitions):
        whole = closed({
            "taskDefinition": {"$ref": definitions.needing(definitions.shape("TaskDefinition"), ["taskDefinitionArn"])},
            "tags": definitions.of(definitions.shape("Tags")),
        }, ["taskDefinition"])
        alone = definitions.structure(definitions.shape("TaskDefinition"))
        alone["properties"]["tags"] = definitions.of(definitions.shape("Tags"))
        alone["required"] = ["taskDefinitionArn"]
        revision = {"type": "object", "if": {"required": ["taskDefinition"]}, "then": whole, "else": alone}
        members = {"$schema": {"type": "string"}, "taskDefinitions": {"type": "array", "items": revision}}
        return closed(members, ["taskDefinitions"])


class ScanFindings(ByKey):
    """By digest: the whole output of describe-image-scan-findings, or its imageScanFindings alone."""

    def __init__(self):
        super().__init__("ecr", "DescribeImageScanFindings", "^sha256:", "ImageScanFindings", is_list=False)

    def schema(self, definitions):
        output = definitions.of(definitions.operation(self.operation).output_shape)
        findings = definitions.of(definitions.shape(self.shape))
        either = {"type": "object", "if": {"required": ["imageScanFindings"]}, "then": output, "else": findings}
        return {"type": "object", "patternProperties": {self.key: either}, "additionalProperties": False}


_ELB_ARN = "^arn:aws[a-z-]*:elasticloadbalancing:"

#: The schema's name, which is the file's path below world/ without what is free in it → what the file holds.
FILES = {
    "application-autoscaling-scalable-targets.json": Listing(
        "application-autoscaling", "DescribeScalableTargets", {"ScalableTargets": _SCALING}),
    "application-autoscaling-scaling-activities.json": Listing(
        "application-autoscaling", "DescribeScalingActivities", {"ScalingActivities": _SCALING}),
    "application-autoscaling-scaling-policies.json": Listing(
        "application-autoscaling", "DescribeScalingPolicies", {"ScalingPolicies": _SCALING}),
    "cloudformation-stacks.json": Listing(
        "cloudformation", "DescribeStacks", {"Stacks": ["StackName", "StackId", "StackStatus"]}),
    "cloudformation-resources.json": Listing(
        "cloudformation", "ListStackResources",
        {"StackResourceSummaries": ["LogicalResourceId", "ResourceType", "ResourceStatus"]}),
    "cloudformation-events.json": Listing(
        "cloudformation", "DescribeStackEvents", {"StackEvents": ["EventId", "Timestamp"]}),
    "cloudtrail-events.json": Listing(
        "cloudtrail", "LookupEvents", {"Events": ["EventName", "EventTime"]}, {"Event": {"CloudTrailEvent": DOCUMENT}}),
    "cloudwatch-alarms.json": Listing(
        "cloudwatch", "DescribeAlarms",
        {"MetricAlarms": ["AlarmName", "StateValue"], "CompositeAlarms": ["AlarmName", "StateValue"]},
        is_list_required=False, is_only=True),
    "cloudwatch-alarm-history.json": Listing(
        "cloudwatch", "DescribeAlarmHistory", {"AlarmHistoryItems": ["AlarmName", "Timestamp"]},
        {"AlarmHistoryItem": {"HistoryData": DOCUMENT}}),
    "ecr-repositories.json": Listing(
        "ecr", "DescribeRepositories", {"repositories": ["repositoryName", "repositoryArn"]}),
    "ecr-images.json": Listing("ecr", "DescribeImages", {"imageDetails": ["repositoryName", "imageDigest"]}),
    "ecr-scan-findings.json": ScanFindings(),
    "ecs-clusters.json": Listing("ecs", "DescribeClusters", {"clusters": ["clusterArn", "clusterName"]}),
    "ecs-services.json": Listing("ecs", "DescribeServices", {"services": ["serviceArn", "serviceName", "clusterArn"]}),
    "ecs-tasks.json": Listing(
        "ecs", "DescribeTasks", {"tasks": ["taskArn", "clusterArn", "lastStatus", "taskDefinitionArn"]},
        also={"tasks": _STOPPED_HAS_A_TIME}),
    "ecs-task-definitions.json": TaskDefinitions(),
    "elbv2-load-balancers.json": Listing(
        "elbv2", "DescribeLoadBalancers", {"LoadBalancers": ["LoadBalancerArn", "LoadBalancerName"]}),
    "elbv2-target-groups.json": Listing(
        "elbv2", "DescribeTargetGroups", {"TargetGroups": ["TargetGroupArn", "TargetGroupName"]}),
    "elbv2-listeners.json": Listing(
        "elbv2", "DescribeListeners", {"Listeners": ["ListenerArn", "LoadBalancerArn"]}),
    "elbv2-target-health.json": ByKey("elbv2", "DescribeTargetHealth", _ELB_ARN, "TargetHealthDescription"),
    "elbv2-rules.json": ByKey("elbv2", "DescribeRules", _ELB_ARN, "Rule"),
    "elbv2-attributes.json": ByKey("elbv2", "DescribeLoadBalancerAttributes", _ELB_ARN, "LoadBalancerAttribute"),
    "elbv2-tags.json": ByKey("elbv2", "DescribeTags", _ELB_ARN, "Tag"),
    "lambda-functions.json": Listing(
        "lambda", "ListFunctions", {"Functions": ["FunctionName"]}, {"FunctionConfiguration": _FUNCTION}),
    "lambda-versions.json": Listing(
        "lambda", "ListVersionsByFunction", {"Versions": ["Version"]}, {"FunctionConfiguration": _FUNCTION}),
    "lambda-aliases.json": Listing("lambda", "ListAliases", {"Aliases": ["Name", "FunctionVersion"]}),
    "lambda-event-source-mappings.json": Listing(
        "lambda", "ListEventSourceMappings", {"EventSourceMappings": []}),
    "lambda-concurrency.json": Output("lambda", "GetFunctionConcurrency", ["ReservedConcurrentExecutions"]),
    "lambda-policy.json": Output(
        "lambda", "GetPolicy", ["Policy", "RevisionId"], {"GetPolicyResponse": {"Policy": DOCUMENT}}),
    "lambda-tags.json": Output("lambda", "GetFunction", ["Tags"]),
    "logs-log-groups.json": Listing(
        "logs", "DescribeLogGroups", {"logGroups": ["logGroupName"]},
        {"LogGroup": {"creationTime": MILLISECONDS}}, is_only=True),
    "rds-db-clusters.json": Listing("rds", "DescribeDBClusters", {"DBClusters": ["DBClusterIdentifier"]}),
    "rds-db-instances.json": Listing("rds", "DescribeDBInstances", {"DBInstances": ["DBInstanceIdentifier"]}),
    "rds-events.json": Listing("rds", "DescribeEvents", {"Events": ["Date", "Message"]}),
    "secretsmanager-secrets.json": Listing("secretsmanager", "ListSecrets", {"SecretList": ["ARN", "Name"]}),
    "sts-identity.json": Output("sts", "GetCallerIdentity", ["UserId", "Account", "Arn"]),
}


def closed(members, required=()):
    """An object of these members and no others."""
    schema = {"type": "object", "properties": members}
    if required:
        schema["required"] = list(required)
    return {**schema, "additionalProperties": False}


class Definitions:
    """The `$defs` of one schema: each structure that is met, under its name in the service model."""

    SCALARS = {"string": "string", "character": "string", "blob": "string", "boolean": "boolean", "integer": "integer",
               "long": "integer", "float": "number", "double": "number"}

    def __init__(self, service, members):
        self.service = service
        self.model = botocore.session.get_session().get_service_model(service)
        #: Shape → members that are not what the model says.
        self.members = members
        self.found = {}

    def operation(self, name):
        return self.model.operation_model(name)

    def shape(self, name):
        return self.model.shape_for(name)

    def of(self, shape):
        """The schema of a value of this shape."""
        match shape.type_name:
            case "structure":
                if shape.name not in self.found:
                    self.found[shape.name] = None  # A shape may hold itself.
                    self.found[shape.name] = self.structure(shape)
                return {"$ref": f"#/$defs/{shape.name}"}
            case "list":
                return {"type": "array", "items": self.of(shape.member)}
            case "map":
                return {"type": "object", "additionalProperties": self.of(shape.value)}
            case "timestamp":
                return TIME
            case kind:
                return {"type": self.SCALARS[kind], **self.values(shape)}

    def structure(self, shape):
        given = self.members.get(shape.name, {})
        return closed({name: given.get(name) or self.of(member) for name, member in shape.members.items()})

    def values(self, shape):
        """What an enumeration says of a text."""
        values = getattr(shape, "enum", None)
        if not values:
            return {}
        return {"enum" if (self.service, shape.name) in CLOSED else "examples": values}

    def needing(self, shape, required, also=None):
        """The reference to a structure that needs some of its members."""
        reference = self.of(shape)["$ref"]
        definition = self.found[shape.name]
        for name in required:
            member = definition["properties"][name]
            if member.get("type") == "string" and "enum" not in member:
                definition["properties"][name] = {**member, "minLength": 1}
        if required:
            definition["required"] = list(required)
        definition.update(also or {})
        return reference


def manifests():
    """`ecr/manifests.json`: what the image's author wrote is not AWS's shape."""
    return {
        "$schema": DIALECT,
        "$comment": "Generated by docs/schemas/generate.py. Do not edit.",
        "title": "world/ecr/manifests.json",
        "description": "Image manifests by digest, for batch-get-image: as JSON, or as a string of it.",
        "type": "object",
        "patternProperties": {"^sha256:": {"type": ["object", "string"]}},
        "additionalProperties": False,
    }


def schema(name, file):
    definitions = Definitions(file.service, file.members)
    body = file.schema(definitions)
    operation = definitions.operation(file.operation).name
    return {
        "$schema": DIALECT,
        "$comment": f"Generated by docs/schemas/generate.py from botocore {botocore.__version__}: the output of "
                    f"{file.service} {operation}. Do not edit.",
        "title": name,
        **body,
        **({"$defs": definitions.found} if definitions.found else {}),
    }


def generated():
    """Every schema's file name and text."""
    schemas = {name: schema(name, file) for name, file in FILES.items()} | {"ecr-manifests.json": manifests()}
    return {f"{name}.schema.json": json.dumps(content, indent=1, ensure_ascii=False) + "\n"
            for name, content in sorted(schemas.items())}


def main():
    files = generated()
    if sys.argv[1:] == ["--check"]:
        stale = [name for name, text in files.items()
                 if not (HERE / name).is_file() or (HERE / name).read_text(encoding="utf-8") != text]
        sys.exit("run docs/schemas/generate.py: " + ", ".join(stale) if stale else 0)
    for name, text in files.items():
        (HERE / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
