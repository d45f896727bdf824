#!/usr/bin/env python3
"""Writes the index of AWS CLI commands that the crate embeds: one file a service, and services.txt with the names of all.

    pip install awscli && python3 crates/commands/index/generate.py

The source is the AWS CLI's own argument tables (its customisations included) and the botocore models behind them. Lines, tab-separated:

    o  OPERATION                          an operation; its arguments follow
    a  NAME  FLAGS  TYPE                  an argument; flags: ! required, @ positional, - takes no value
    t  SHAPE  structure  NAME[!]:TYPE,…   a shape that arguments refer to
    t  SHAPE  list|map  TYPE
    t  SHAPE  enum  VALUE|…

TYPE is string, integer, double, boolean, timestamp, blob, document, or *SHAPE.
"""

import pathlib

import awscli
import awscli.clidriver
import botocore
from awscli.customizations.streamingoutputarg import StreamingOutputArgument

SERVICES = """
acm apigateway apigatewayv2 appconfig application-autoscaling autoscaling cloudformation cloudfront cloudtrail cloudwatch codebuild codepipeline deploy docdb dynamodb
ec2 ecr ecs efs eks elasticache elb elbv2 events firehose health iam kafka kinesis kms lambda logs opensearch pi rds resourcegroupstaggingapi route53 s3 s3api scheduler
secretsmanager service-quotas servicediscovery sns sqs ssm stepfunctions sts synthetics wafv2 xray
""".split()

# Options that the index leaves out: they are every command's, and code knows them.
EVERYWHERE = {"cli-input-json", "cli-input-yaml", "generate-cli-skeleton"}

# A list of values that is longer than this grows weekly (instance types, regions): it is no check of a plan.
LONGEST_ENUM = 120

# Commands of version 2 of the AWS CLI that version 1, the one on PyPI, does not have. Source: AWS CLI version 2 command reference, "logs tail".
VERSION_2 = {
    "logs": [
        ["o", "tail"], ["a", "group-name", "!@", "string"], ["a", "since", "", "string"], ["a", "follow", "-", "boolean"], ["a", "format", "", "string"],
        ["a", "filter-pattern", "", "string"], ["a", "log-stream-names", "", "list"], ["a", "log-stream-name-prefix", "", "string"],
    ],
}

# EC2 has some 750 operations; a mitigation plan looks at and changes the ones of networks, instances and volumes.
EC2 = (
    "describe-", "modify-security-group", "authorize-security-group", "revoke-security-group", "create-route", "replace-route", "reboot-instances",
    "start-instances", "stop-instances", "modify-instance", "modify-volume", "create-snapshot", "associate-", "disassociate-", "create-vpc-endpoint",
    "modify-vpc-endpoint", "modify-subnet", "create-nat-gateway", "allocate-address", "get-console-output", "create-network-acl-entry", "replace-network-acl-entry",
)


class Shapes:
    """The shapes that a service's arguments refer to, each written once."""

    def __init__(self):
        self.lines = {}

    def type_of(self, shape):
        kind = shape.type_name
        if kind in ("structure", "list", "map"):
            if getattr(shape, "is_document_type", False):
                return "document"
            self.add(shape)
            return "*" + shape.name
        if kind == "string":
            values = list(getattr(shape, "enum", None) or [])
            if values and len(values) <= LONGEST_ENUM:
                self.lines[shape.name] = ("enum", "|".join(values))
                return "*" + shape.name
            return "string"
        return {"long": "integer", "float": "double"}.get(kind, kind)

    def add(self, shape):
        if shape.name in self.lines:
            return
        self.lines[shape.name] = None  # a shape may hold itself
        if shape.type_name == "structure":
            required = set(shape.required_members)
            members = (f"{name}{'!' if name in required else ''}:{self.type_of(member)}" for name, member in shape.members.items())
            self.lines[shape.name] = ("structure", ",".join(members))
        elif shape.type_name == "list":
            self.lines[shape.name] = ("list", self.type_of(shape.member))
        else:
            self.lines[shape.name] = ("map", self.type_of(shape.value))


def argument(name, spec, shapes):
    model = getattr(spec, "argument_model", None)
    kind = getattr(spec, "cli_type_name", None) or "string"
    flags = "!" if getattr(spec, "required", False) else ""
    if getattr(spec, "positional_arg", False) or isinstance(spec, StreamingOutputArgument):
        flags += "@"
    if kind == "boolean" or getattr(spec, "_action", None) in ("store_true", "store_false"):
        flags += "-"
    known = model is not None and kind == model.type_name
    return ["a", name, flags, shapes.type_of(model) if known else {"long": "integer", "float": "double"}.get(kind, kind)]


def commands(prefix, table, shapes):
    for name, command in table.items():
        if name == "help":
            continue
        nested = getattr(command, "subcommand_table", None) or {}
        nested = {key: value for key, value in nested.items() if key != "help"}
        if nested:
            yield from commands(f"{prefix}{name} ", nested, shapes)
            continue
        yield ["o", prefix + name]
        for key, spec in command.arg_table.items():
            # Undocumented ones too (an operation's own --limit and --next-token, where it is paged): the AWS CLI takes them.
            if key not in EVERYWHERE:
                yield argument(key, spec, shapes)


def table_of(command):
    return command._get_command_table() if hasattr(command, "_get_command_table") else command.subcommand_table


def main():
    folder = pathlib.Path(__file__).parent
    services = awscli.clidriver.create_clidriver()._get_command_table()
    source = f"awscli {awscli.__version__}, botocore {botocore.__version__}"
    (folder / "services.txt").write_text("\n".join(sorted(services)) + "\n")
    for stale in folder.glob("*.tsv"):
        stale.unlink()
    for service in SERVICES:
        shapes = Shapes()
        table = {name: command for name, command in table_of(services[service]).items() if service != "ec2" or name.startswith(EC2) or name == "wait"}
        lines = [["#", f"aws {service}, from {source}"], *commands("", table, shapes), *VERSION_2.get(service, [])]
        lines += [["t", name, *body] for name, body in sorted(shapes.lines.items())]
        (folder / f"{service}.tsv").write_text("".join("\t".join(line) + "\n" for line in lines))


if __name__ == "__main__":
    main()
