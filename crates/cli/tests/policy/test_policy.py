"""`marple iam-policy`, judged by tools that know AWS better than its table of operations does."""

import json
import os
import shutil
import subprocess

import botocore.session
import pytest

#: What IAM could narrow and the program does not: a stack is found by its resource, tasks are listed by cluster (AWS's own examples have * there), and
#: a query is named by its id.
UNNAMED = ["cloudformation:DescribeStackResources", "ecs:ListTasks", "logs:GetQueryResults"]
#: Services whose IAM prefix is not the name of botocore's client.
CLIENTS = {"elasticloadbalancing": "elbv2", "bedrock": "bedrock-runtime"}
SETTINGS = """
[environments.production]
account = "111122223333"
region = "eu-west-1"
models = ["eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "amazon.nova-pro-v1:0"]
bedrock = { guardrail = { id = "a1b2c3d4e5f6", version = "1" } }
"""


@pytest.fixture(scope="session")
def printed(tmp_path_factory):
    """What the program prints in a format."""
    home = tmp_path_factory.mktemp("home")
    (home / "marple.toml").write_text(SETTINGS)

    def run(*arguments):
        command = [os.path.abspath(os.environ["MARPLE_BIN"]), "iam-policy", *arguments]
        ended = subprocess.run(command, cwd=home, env={"HOME": str(home)}, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return run


@pytest.fixture(scope="session")
def policy(printed):
    return json.loads(printed("--env", "production"))


def actions(policy, effect):
    listed = [one["Action"] for one in policy["Statement"] if one["Effect"] == effect]
    return [action for one in listed for action in ([one] if isinstance(one, str) else one)]


def test_every_action_is_an_operation_of_its_service(policy):
    session = botocore.session.get_session()
    for action in actions(policy, "Allow") + actions(policy, "Deny"):
        prefix, name = action.split(":")
        service = session.get_service_model(CLIENTS.get(prefix, prefix))
        assert name in service.operation_names, action


def test_nothing_that_is_allowed_writes(policy):
    parliament = pytest.importorskip("parliament")
    levels = {
        f"{service['prefix']}:{privilege['privilege']}": privilege["access_level"]
        for service in parliament.iam_definition
        for privilege in service["privileges"]
    }
    writing = {action: levels.get(action) for action in actions(policy, "Allow") if levels.get(action) not in ("Read", "List")}
    assert writing == {}


@pytest.mark.parametrize("arguments", [["--env", "production"], ["--region", "us-east-1"], []])
def test_actions_resources_and_conditions_fit_together(printed, arguments):
    parliament = pytest.importorskip("parliament")
    # Without a model: parliament asks for all kinds of models at once where IAM wants one of them.
    findings = parliament.analyze_policy_string(printed(*arguments, "--model", "playbook")).findings
    assert [(finding.issue, finding.detail) for finding in findings] == [("RESOURCE_STAR", UNNAMED)]


@pytest.mark.parametrize("arguments", [["--env", "production"], ["--region", "us-east-1"], []])
def test_the_template_is_one_that_cloudformation_takes(printed, arguments):
    api = pytest.importorskip("cfnlint.api")
    template = printed("--format", "cloudformation", *arguments)
    assert [str(match) for match in api.lint(template, api.ManualArgs(regions=["eu-west-1"]))] == []
    assert "*:stack/*" not in template


@pytest.mark.skipif(not shutil.which("terraform"), reason="terraform is not installed")
def test_the_resource_is_one_that_terraform_takes_as_it_is(printed, tmp_path):
    written = printed("--format", "terraform", "--env", "production")
    said = subprocess.run(["terraform", "fmt", "-"], input=written, capture_output=True, text=True, cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    assert said.stdout == written
