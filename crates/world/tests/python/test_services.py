"""What boto3 and the AWS CLI see of the fixture world, apart from logs and metrics."""

import base64
import hashlib
import io
import json
import shutil
import urllib.error
import urllib.request
import zipfile
from datetime import datetime, timedelta, timezone

import botocore.exceptions
import pytest
from conftest import FIXTURE

STACK_ID = "arn:aws:cloudformation:us-east-1:111122223333:stack/bookshop/3f1e2d4c-0000-11f0-8000-0a1b2c3d4e5f"
ORDERS_ARN = "arn:aws:lambda:us-east-1:111122223333:function:orders-api"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)


def refused(call, **arguments):
    """The error of a call that has to fail: code, message, HTTP status."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


# Lambda


def test_functions_come_in_pages_and_none_from_after_now(client):
    pages = list(client("lambda").get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 1}))
    assert [[f["FunctionName"] for f in page["Functions"]] for page in pages] == [["orders-api"], ["thumbnails"]]
    orders = pages[0]["Functions"][0]
    assert orders["LastModified"] == "2025-12-10T08:12:44.000+0000"
    assert orders["FunctionArn"] == ORDERS_ARN
    assert orders["Environment"]["Variables"]["TABLE"] == "orders"


def test_all_versions_are_listed_with_their_qualified_arns(client):
    functions = client("lambda").list_functions(FunctionVersion="ALL")["Functions"]
    assert [f["FunctionArn"].removeprefix(ORDERS_ARN) for f in functions[:3]] == [":$LATEST", ":1", ":2"]


def test_a_package_is_downloaded_as_its_size_and_hash_say(client):
    function = client("lambda").get_function(FunctionName="orders-api")
    package = urllib.request.urlopen(function["Code"]["Location"]).read()
    assert len(package) == function["Configuration"]["CodeSize"]
    sha256 = base64.b64encode(hashlib.sha256(package).digest()).decode()
    assert sha256 == function["Configuration"]["CodeSha256"]
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert sorted(archive.namelist()) == ["index.js", "lib/orders.js"]
        assert archive.read("index.js") == (FIXTURE / "world/lambda/functions/orders-api/code/index.js").read_bytes()
    assert function["Tags"] == {"team": "orders", "LastModified": "not a time"}
    assert function["Concurrency"] == {"ReservedConcurrentExecutions": 20}


def test_an_older_version_has_the_code_it_was_published_with(client):
    function = client("lambda").get_function(FunctionName="orders-api", Qualifier="1")
    with zipfile.ZipFile(io.BytesIO(urllib.request.urlopen(function["Code"]["Location"]).read())) as archive:
        assert b"501" in archive.read("index.js")


def test_a_download_without_signature_is_denied(client):
    location = client("lambda").get_function(FunctionName="orders-api")["Code"]["Location"]
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(location.split("?")[0])
    assert caught.value.code == 403


def test_a_container_image_has_no_download(client):
    assert client("lambda").get_function(FunctionName="thumbnails")["Code"] == {"RepositoryType": "ECR"}


@pytest.mark.parametrize(
    ("name", "qualifier", "arn"),
    [
        ("orders-api", None, ORDERS_ARN),
        (ORDERS_ARN, None, ORDERS_ARN),
        ("111122223333:function:orders-api", None, ORDERS_ARN),
        ("orders-api:live", None, ORDERS_ARN + ":live"),
        ("orders-api", "2", ORDERS_ARN + ":2"),
        (ORDERS_ARN + ":$LATEST", None, ORDERS_ARN + ":$LATEST"),
    ],
)
def test_a_function_answers_to_all_its_names(client, name, qualifier, arn):
    arguments = {"FunctionName": name} | ({"Qualifier": qualifier} if qualifier else {})
    assert client("lambda").get_function_configuration(**arguments)["FunctionArn"] == arn


@pytest.mark.parametrize("name", ["nobody", "from-tomorrow", "orders-api:3", "arn:aws:lambda:eu-west-1:111122223333:function:orders-api"])
def test_an_absent_function_is_not_found_under_the_arn_that_was_meant(client, name):
    code, message, status = refused(client("lambda").get_function, FunctionName=name)
    assert (code, status) == ("ResourceNotFoundException", 404)
    assert message.startswith("Function not found: arn:aws:lambda:") and message.endswith(name.split("function:")[-1])


def test_versions_aliases_mappings_concurrency_and_policy(client):
    api = client("lambda")
    versions = api.list_versions_by_function(FunctionName="orders-api")["Versions"]
    assert [v["Version"] for v in versions] == ["$LATEST", "1", "2"]
    assert api.list_aliases(FunctionName="orders-api", FunctionVersion="1")["Aliases"] == []
    assert api.get_alias(FunctionName="orders-api", Name="live")["AliasArn"] == ORDERS_ARN + ":live"
    (mapping,) = api.list_event_source_mappings(FunctionName="orders-api")["EventSourceMappings"]
    assert mapping["LastModified"] == utc(2025, 12, 1) + timedelta(milliseconds=500)
    assert api.list_event_source_mappings(EventSourceArn="arn:aws:sqs:us-east-1:111122223333:none")["EventSourceMappings"] == []
    assert api.get_function_concurrency(FunctionName="orders-api")["ReservedConcurrentExecutions"] == 20
    assert api.list_tags(Resource=ORDERS_ARN)["Tags"]["team"] == "orders"
    assert refused(api.get_policy, FunctionName="orders-api")[::2] == ("ResourceNotFoundException", 404)


# CloudFormation


def test_a_stack_is_described_by_name_and_by_id(client):
    api = client("cloudformation")
    (stack,) = api.describe_stacks(StackName="bookshop")["Stacks"]
    assert api.describe_stacks(StackName=STACK_ID)["Stacks"] == [stack]
    assert stack["CreationTime"] == utc(2025, 10, 1, 9) + timedelta(milliseconds=250)
    assert stack["DisableRollback"] is False
    assert stack["Outputs"] == [{"OutputKey": "Url", "OutputValue": "https://example.com/?a=1&b=<2>"}]
    assert [s["StackName"] for s in api.describe_stacks()["Stacks"]] == ["bookshop"]
    code, message, status = refused(api.describe_stacks, StackName="nobody")
    assert (code, message, status) == ("ValidationError", "Stack with id nobody does not exist", 400)


def test_deleted_stacks_are_listed_but_not_described(client):
    api = client("cloudformation")
    assert {s["StackName"] for s in api.list_stacks()["StackSummaries"]} == {"bookshop", "old-shop"}
    deleted = api.list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]
    assert [s["StackName"] for s in deleted] == ["old-shop"]
    assert refused(api.describe_stacks, StackName="old-shop")[0] == "ValidationError"
    assert api.describe_stacks(StackName=deleted[0]["StackId"])["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"


def test_stack_resources_are_found_by_stack_and_by_physical_id(client):
    api = client("cloudformation")
    listed = [r["LogicalResourceId"] for page in api.get_paginator("list_stack_resources").paginate(StackName="bookshop") for r in page["StackResourceSummaries"]]
    assert listed == ["OrdersFunction", "OrdersRole", "Database", "DatabaseSecret"]
    described = api.describe_stack_resources(PhysicalResourceId="bookshop-db")["StackResources"]
    assert {r["StackName"] for r in described} == {"bookshop"} and len(described) == 4
    assert described[0]["Timestamp"] == utc(2025, 12, 10, 8, 10)
    (role,) = api.describe_stack_resources(StackName="bookshop", LogicalResourceId="OrdersRole")["StackResources"]
    assert role["PhysicalResourceId"] == "orders-api-role"
    detail = api.describe_stack_resource(StackName="bookshop", LogicalResourceId="Database")["StackResourceDetail"]
    assert detail["ResourceType"] == "AWS::RDS::DBCluster"
    assert refused(api.describe_stack_resources, PhysicalResourceId="i-0")[1] == "Stack for i-0 does not exist"


def test_stack_events_are_paged_newest_first_and_end_at_now(client):
    pages = list(client("cloudformation").get_paginator("describe_stack_events").paginate(StackName="bookshop"))
    assert [len(page["StackEvents"]) for page in pages] == [100, 6]
    events = [event for page in pages for event in page["StackEvents"]]
    assert events[0]["EventId"] == "event-update"
    assert [e["Timestamp"] for e in events] == sorted((e["Timestamp"] for e in events), reverse=True)
    assert refused(client("cloudformation").describe_stack_events, StackName="x")[1] == "Stack [x] does not exist"
    assert refused(client("cloudformation").describe_stack_events, StackName="bookshop", NextToken="x")[0] == "ValidationError"


def test_a_template_is_the_file_of_the_scenario(client):
    template = client("cloudformation").get_template(StackName="bookshop")["TemplateBody"]
    assert template == (FIXTURE / "world/cloudformation/stacks/bookshop/template.yaml").read_text()
    assert client("cloudformation").get_template(StackName="bookshop", TemplateStage="Processed")["TemplateBody"] == template


# Secrets Manager


def test_secrets_are_listed_without_deleted_and_later_ones(client):
    api = client("secretsmanager")
    pages = list(api.get_paginator("list_secrets").paginate(PaginationConfig={"PageSize": 1}))
    assert [[s["Name"] for s in page["SecretList"]] for page in pages] == [["bookshop/db"], ["payments/key"]]
    assert pages[0]["SecretList"][0]["LastChangedDate"].astimezone(timezone.utc) == utc(2025, 12, 2, 3) + timedelta(milliseconds=123)
    assert len(api.list_secrets(IncludePlannedDeletion=True)["SecretList"]) == 3


@pytest.mark.parametrize(
    ("key", "value", "names"),
    [
        ("name", "bookshop", ["bookshop/db"]),
        ("name", "!bookshop", ["payments/key"]),
        ("description", "ORDER", ["bookshop/db"]),
        ("tag-value", "bookshop", ["bookshop/db"]),
        ("all", "credentials order", ["bookshop/db"]),
        ("name", "db", []),
    ],
)
def test_secrets_are_filtered_as_aws_filters(client, key, value, names):
    listed = client("secretsmanager").list_secrets(Filters=[{"Key": key, "Values": [value]}])["SecretList"]
    assert [secret["Name"] for secret in listed] == names


def test_a_secret_is_described_but_never_read(client):
    api = client("secretsmanager")
    arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:bookshop/db-AbCdEf"
    for name in ["bookshop/db", arn, arn.removesuffix("-AbCdEf")]:
        described = api.describe_secret(SecretId=name)
        assert described["ARN"] == arn
        assert list(described["VersionIdsToStages"].values()) == [["AWSCURRENT"]]
    not_found = ("ResourceNotFoundException", "Secrets Manager can't find the specified secret.", 400)
    assert refused(api.describe_secret, SecretId="nobody") == not_found
    assert refused(api.get_secret_value, SecretId="bookshop/db")[0] == "AccessDeniedException"


# RDS


def test_databases_are_described_with_their_lists(client):
    api = client("rds")
    (cluster,) = api.describe_db_clusters()["DBClusters"]
    assert cluster["AvailabilityZones"] == ["us-east-1a", "us-east-1b"]
    assert cluster["DBClusterMembers"] == [{"DBInstanceIdentifier": "bookshop-db-1", "IsClusterWriter": True, "PromotionTier": 1}]
    assert cluster["ServerlessV2ScalingConfiguration"] == {"MinCapacity": 0.5, "MaxCapacity": 4.0}
    assert cluster["TagList"] == [{"Key": "team", "Value": "orders"}]
    (instance,) = api.describe_db_instances(Filters=[{"Name": "db-cluster-id", "Values": ["bookshop-db", "x"]}])["DBInstances"]
    assert instance["DBSubnetGroup"]["Subnets"][0]["SubnetIdentifier"] == "subnet-0a1b2c3d"
    assert api.describe_db_instances(Filters=[{"Name": "engine", "Values": ["mysql"]}])["DBInstances"] == []


def test_absent_databases_are_not_found_in_rds_own_words(client):
    api = client("rds")
    assert refused(api.describe_db_clusters, DBClusterIdentifier="x") == ("DBClusterNotFoundFault", "DBCluster x not found.", 404)
    assert refused(api.describe_db_instances, DBInstanceIdentifier="x") == ("DBInstanceNotFound", "DBInstance x not found.", 404)
    with pytest.raises(api.exceptions.DBInstanceNotFoundFault):
        api.describe_db_instances(DBInstanceIdentifier="x")


def test_database_events_are_windowed_and_paged(client):
    api = client("rds")
    assert len(api.describe_events()["Events"]) == 25 and len(api.describe_events(Duration=30)["Events"]) == 5
    pages = list(api.get_paginator("describe_events").paginate(PaginationConfig={"PageSize": 20}))
    assert [len(page["Events"]) for page in pages] == [20, 5]
    patched = api.describe_events(StartTime=utc(2025, 12, 9), EndTime=utc(2025, 12, 11))["Events"]
    assert [e["Message"] for e in patched] == ["Cluster was patched"]
    assert len(api.describe_events(Duration=20160)["Events"]) == 26
    assert api.describe_events(Duration=20160, EventCategories=["maintenance"])["Events"] == patched
    assert refused(api.describe_events, SourceIdentifier="x")[0] == "InvalidParameterCombination"
    assert refused(api.describe_events, MaxRecords=5)[0] == "InvalidParameterValue"


# CloudTrail and STS


def test_trail_events_come_newest_first_within_90_days(client):
    api = client("cloudtrail")
    pages = list(api.get_paginator("lookup_events").paginate(PaginationConfig={"PageSize": 2}))
    names = [[e["EventName"] for e in page["Events"]] for page in pages]
    assert names == [["UpdateFunctionCode20150331v2", "UpdateStack"], ["UpdateFunctionConfiguration20150331v2"]]
    record = json.loads(pages[0]["Events"][0]["CloudTrailEvent"])
    assert record["eventName"] == "UpdateFunctionCode20150331v2"


@pytest.mark.parametrize(
    ("key", "value", "count"),
    [("ResourceName", "orders-api", 1), ("Username", "deployer", 2), ("ResourceType", "AWS::Lambda::Function", 2), ("EventSource", "x", 0)],
)
def test_trail_events_are_looked_up_by_attribute(client, key, value, count):
    attribute = {"AttributeKey": key, "AttributeValue": value}
    assert len(client("cloudtrail").lookup_events(LookupAttributes=[attribute])["Events"]) == count


def test_trail_events_are_looked_up_by_window(client):
    api = client("cloudtrail")
    events = api.lookup_events(StartTime=utc(2025, 12, 10, 8, 11), EndTime=utc(2025, 12, 11))["Events"]
    assert [e["EventTime"].astimezone(timezone.utc) for e in events] == [utc(2025, 12, 10, 8, 12, 44)]
    assert refused(api.lookup_events, StartTime=utc(2025, 12, 12), EndTime=utc(2025, 12, 11))[0] == "InvalidTimeRangeException"
    assert refused(api.lookup_events, NextToken="x")[0] == "InvalidNextTokenException"


def test_the_caller_is_of_the_scenarios_account(client):
    assert client("sts").get_caller_identity()["Account"] == "111122223333"


# What the world does not know, and faults of the wire


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("secretsmanager", "get_random_password", "UnknownOperationException"),
        ("ecs", "list_account_settings", "UnknownOperationException"),
        ("rds", "describe_db_snapshots", "InvalidAction"),
        ("lambda", "list_layers", "UnknownOperationException"),
        ("cloudwatch", "list_dashboards", "UnknownOperationException"),
    ],
)
def test_an_unknown_operation_is_an_error_of_its_protocol(client, service, operation, code):
    assert refused(getattr(client(service), operation))[0] == code


def test_the_wire_denies_and_throttles_as_the_scenario_says(client, serve, tmp_path):
    folder = tmp_path / "faulty"
    shutil.copytree(FIXTURE, folder)
    wire = '[wire]\ndeny = ["rds:*", "lambda:Get*"]\nthrottle = { operations = ["sts:*"], every = 2 }\n[trigger]'
    scenario = folder / "scenario.toml"
    scenario.write_text(scenario.read_text().replace("[trigger]", wire))
    url = serve(folder)
    code, message, status = refused(client("rds", url).describe_db_clusters)
    assert (code, status) == ("AccessDenied", 403) and "not authorized to perform: rds:DescribeDBClusters" in message
    assert refused(client("lambda", url).get_function, FunctionName="orders-api")[::2] == ("AccessDeniedException", 403)
    assert client("lambda", url).list_functions()["Functions"]
    sts = client("sts", url)
    assert sts.get_caller_identity() and refused(sts.get_caller_identity)[0] == "Throttling" and sts.get_caller_identity()


# The AWS CLI


def test_the_aws_cli_looks_around(aws):
    functions = json.loads(aws("lambda", "list-functions", "--query", "Functions[].FunctionName").stdout)
    assert functions == ["orders-api", "thumbnails"]
    events = json.loads(aws("cloudformation", "describe-stack-events", "--stack-name", "bookshop").stdout)
    assert len(events["StackEvents"]) == 106
    clusters = json.loads(aws("rds", "describe-db-clusters", "--db-cluster-identifier", "bookshop-db").stdout)
    assert clusters["DBClusters"][0]["ClusterCreateTime"].startswith("2025-10-01T09:02:00.125")
    missing = aws("lambda", "get-function", "--function-name", "nobody")
    assert missing.returncode != 0 and "(ResourceNotFoundException)" in missing.stderr
