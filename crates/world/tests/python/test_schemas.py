"""The JSON Schemas of `docs/schemas/`: every scenario is valid by them, and what they refuse, the world refuses, too."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import botocore
import jsonschema
import pytest
from conftest import FIXTURE, REPOSITORY

WORLDS = REPOSITORY / "docs" / "worlds.md"
SCHEMAS = REPOSITORY / "docs" / "schemas"
SCENARIOS = sorted(file.parent for file in (REPOSITORY / "scenarios").glob("*/scenario.toml"))
#: Files that are handed out as they stand, whatever is in them.
AS_THEY_STAND = re.compile(r"world/lambda/functions/[^/]+/(versions/[^/]+/)?code/.+"
                           r"|world/cloudformation/stacks/[^/]+/template\.(yaml|yml|json)")


def table() -> dict[str, str]:
    """File → schema, as the table of worlds.md has it; `NAME` and `*` stand for anything."""
    rows = re.findall(r"^\| `([^`]+)` \| \[[^\]]+\]\(schemas/([^)]+)\)", WORLDS.read_text(), re.MULTILINE)
    return dict(rows)


def listing() -> list[str]:
    """The files that the overview at the top of worlds.md names."""
    block = WORLDS.read_text().partition("scenarios/NAME/\n")[2].partition("```")[0]
    lines = [line for line in block.splitlines() if re.match(r" {2,4}\S", line)]
    files = [file for line in lines for file in re.split(r" {2,}|(?<=\w) (?=aws )", line.strip())[0].split(", ")]
    return [file if file == "scenario.toml" else f"world/{file}" for file in files if file != "world/"]


def schema_name(path: str) -> str | None:
    for pattern, name in table().items():
        if re.fullmatch(re.escape(pattern).replace("NAME", "[^/]+").replace(r"\*", "[^/]+"), path):
            return name
    return None


def validator(path: str) -> jsonschema.Draft202012Validator:
    name = schema_name(path)
    assert name, f"{path} is no file of the format: worlds.md has no schema for it"
    return jsonschema.Draft202012Validator(json.loads((SCHEMAS / name).read_text()))


def instances(path: str, text: str) -> list:
    """What a file holds: one value, or one a line."""
    if path.endswith(".toml"):
        return [tomllib.loads(text)]
    if path.endswith(".jsonl"):
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    return [json.loads(text)]


def faults(path: str, text: str) -> list[str]:
    valid = validator(path)
    errors = (error for instance in instances(path, text) for error in valid.iter_errors(instance))
    return [f"{path}: {error.json_path}: {error.message}" for error in errors]


def files(folder: Path) -> list[str]:
    paths = (file.relative_to(folder).as_posix() for file in sorted(folder.rglob("*")) if file.is_file())
    return [path for path in paths if path == "scenario.toml" or path.startswith("world/")]


def test_every_file_of_the_overview_has_a_schema():
    paths = [path for path in listing() if not path.endswith(("/code/…", "/template.yaml|json"))]
    assert len(paths) > 40, "the overview is not read as it stands"
    assert [path for path in paths if schema_name(path) is None] == []


def test_the_table_and_the_folder_name_the_same_schemas():
    assert sorted(set(table().values())) == sorted(file.name for file in SCHEMAS.glob("*.schema.json"))


@pytest.mark.parametrize("file", sorted(SCHEMAS.glob("*.schema.json")), ids=lambda file: file.name)
def test_each_schema_is_itself_valid(file):
    jsonschema.Draft202012Validator.check_schema(json.loads(file.read_text()))


def test_the_generated_schemas_are_what_the_service_models_say():
    described = json.loads((SCHEMAS / "ecs-services.json.schema.json").read_text())["$comment"]
    if f"botocore {botocore.__version__}:" not in described:
        pytest.skip(f"botocore {botocore.__version__} is here: {described}")
    spec = importlib.util.spec_from_file_location("generate", SCHEMAS / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    stale = [name for name, text in generate.generated().items() if (SCHEMAS / name).read_text() != text]
    assert stale == [], "run docs/schemas/generate.py"


@pytest.mark.parametrize("folder", [*SCENARIOS, FIXTURE], ids=lambda folder: folder.name)
def test_every_file_of_a_scenario_is_valid(folder):
    paths = [path for path in files(folder) if not AS_THEY_STAND.fullmatch(path)]
    assert [fault for path in paths for fault in faults(path, (folder / path).read_text())] == []


@pytest.fixture
def refusal(serve, tmp_path, capfd):
    """Writes one file of the fixture world anew, and returns what the world says on refusing to be played."""

    def refused(path: str, text: str) -> str:
        folder = tmp_path / "world"
        shutil.copytree(FIXTURE, folder)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
        try:
            with pytest.raises(AssertionError, match="the server ended"):
                serve(folder)
        finally:
            shutil.rmtree(folder)
        return capfd.readouterr().err

    return refused


def stripped(schema: dict) -> list[tuple[str, str]]:
    """A schema's lists and the members that their items need."""
    found = []
    for key, list_schema in schema.get("properties", {}).items():
        reference = list_schema.get("items", {}).get("$ref")
        if reference:
            item = schema["$defs"][reference.removeprefix("#/$defs/")]
            found += [(key, member) for member in item.get("required", [])]
    return found


def needs() -> list[tuple[str, str, str]]:
    """Each member that a schema calls for, of the files that the fixture has: file, list, member."""
    paths = [path for path in files(FIXTURE) if path.endswith(".json") and not AS_THEY_STAND.fullmatch(path)]
    content = {path: json.loads((FIXTURE / path).read_text()) for path in paths}
    return [(path, key, member) for path in paths for key, member in stripped(validator(path).schema)
            if content[path].get(key)]


def test_what_a_schema_requires_the_world_cannot_do_without(refusal):
    required = needs()
    assert len(required) > 45
    for path, key, member in required:
        content = json.loads((FIXTURE / path).read_text())
        del content[key][0][member]
        text = json.dumps(content)
        assert faults(path, text), f"{path}: {member}"
        assert path in refusal(path, text), f"{path}: {member}"


FUNCTION = '[[function]]\nname = "orders-api"\n'
SERIES = '[[series]]\nnamespace = "Shop"\nmetric = "Depth"\n'
SEGMENT = SERIES + '[[series.segment]]\nfrom = "2025-12-16T05:00:00Z"\nto = "2025-12-16T06:00:00Z"\n'
LINE = {"logGroup": "web", "logStream": "a", "timestamp": "2025-12-16T05:00:00Z", "message": "GET /"}
TASK = {"taskArn": "arn:aws:ecs:us-east-1:111122223333:task/shop/0f0f", "clusterArn": "shop", "lastStatus": "STOPPED",
        "taskDefinitionArn": "web:1"}
TRAFFIC, METRICS, LOGS = "world/traffic.toml", "world/cloudwatch/series.toml", "world/logs/more.jsonl"
BROKEN = {
    "a series with a key that is not there": (METRICS, SERIES + "period = 60"),
    "a series with a base that begins nowhere": (METRICS, SERIES + "base = 4"),
    "a series with 23 hours": (METRICS, f'{SERIES}from = "2025-12-16T00:00:00Z"\nbase = {[1] * 23}'),
    "a segment without a shape": (METRICS, SEGMENT),
    "a segment with two shapes": (METRICS, SEGMENT + "value = 1\nramp = [1, 2]"),
    "a run with a word": (METRICS, SERIES + '[[series.run]]\nfrom = "2025-12-16T05:00:00Z"\nvalues = ["none"]'),
    "traffic that begins nowhere": (TRAFFIC, FUNCTION + "per_hour = 4"),
    "traffic with a key that is not there": (TRAFFIC, FUNCTION + "per_day = 4"),
    "traffic with a share above one": (TRAFFIC, FUNCTION + "error_rate = 1.5"),
    "traffic with half a spread": (TRAFFIC, FUNCTION + "duration_ms = { median = 4 }"),
    "an invocation with another outcome": (
        TRAFFIC, FUNCTION + '[[function.invocation]]\nat = "2025-12-16T05:00:00Z"\noutcome = "crash"'),
    "an invocation at a time of TOML's own": (
        TRAFFIC, FUNCTION + '[[function.invocation]]\nat = 2025-12-16T05:00:00Z\noutcome = "ok"'),
    "a log event with a level": (LOGS, json.dumps({**LINE, "level": "info"})),
    "a log event without a stream": (LOGS, json.dumps({**LINE, "logStream": None})),
    "a log event at a date": (LOGS, json.dumps({**LINE, "timestamp": "2025-12-16"})),
    "log groups beside something else": ("world/logs/log-groups.json", '{"logGroups": [], "nextToken": "a"}'),
    "alarms under another name": ("world/cloudwatch/alarms.json", '{"Alarms": []}'),
    "functions under another name": ("world/lambda/functions.json", '{"functions": []}'),
    "a function changed on a date": (
        "world/lambda/functions.json", '{"Functions": [{"FunctionName": "a", "LastModified": "16 December"}]}'),
    "a stack from a date": ("world/cloudformation/stacks.json", json.dumps({"Stacks": [
        {"StackName": "a", "StackId": "a", "StackStatus": "CREATE_COMPLETE", "CreationTime": "2025-12-16"}]})),
    "a stopped task that never stopped": ("world/ecs/tasks.json", json.dumps({"tasks": [TASK]})),
    "a task definition without its revision": ("world/ecs/task-definitions.json", json.dumps({"taskDefinitions": [
        {"taskDefinitionArn": "arn:aws:ecs:us-east-1:111122223333:task-definition/web"}]})),
    "health of a target group that is no list": ("world/elbv2/target-health.json", json.dumps(
        {"arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/web/0123456789abcdef": {}})),
}


@pytest.mark.parametrize(("path", "text"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused_by_schema_and_world(path, text, refusal):
    assert faults(path, text)
    assert path in refusal(path, text)


@pytest.mark.parametrize(("right", "wrong"), [
    ('region = "us-east-1"', 'regio = "us-east-1"'),
    ('now = "2025-12-16T06:10:00Z"', "now = 2025-12-16T06:10:00Z"),
    ('account = "111122223333"', "account = 111122223333"),
    ('account = "111122223333"', 'account = "1111"'),
    ("[trigger]", '[trigger]\nquestion = "why?"'),
    ('verdict = "fault"', ""),
    ('categories = ["code_defect"]', 'categories = ["code"]'),
    ('immediate = "none"', 'immediate = "no"'),
    ("[truth]", '[wire]\nthrottle = { operations = ["logs:*"], every = 0 }\n[truth]'),
])
def test_a_broken_scenario_is_refused_by_schema_and_world(right, wrong, refusal):
    text = (FIXTURE / "scenario.toml").read_text()
    assert text.count(right) == 1
    text = text.replace(right, wrong)
    assert faults("scenario.toml", text)
    assert "scenario.toml" in refusal("scenario.toml", text)


@pytest.mark.parametrize("slip", [{"Handlr": "app.handler"}, {"MemorySize": "256"}, {"PackageType": "zip"}])
def test_a_slip_that_the_world_hands_out_is_marked_by_the_schema(slip):
    function = {"FunctionName": "orders-api", "Handler": "index.handler", "MemorySize": 256, "PackageType": "Zip"}
    assert faults("world/lambda/functions.json", json.dumps({"Functions": [function]})) == []
    assert len(faults("world/lambda/functions.json", json.dumps({"Functions": [{**function, **slip}]}))) == 1


def test_a_list_may_name_its_schema(serve, tmp_path):
    shutil.copytree(FIXTURE, tmp_path / "world")
    lists = [path for path in files(FIXTURE) if path.endswith(".json") and not AS_THEY_STAND.fullmatch(path)
             and "$schema" in validator(path).schema.get("properties", {})]
    assert "world/ecs/task-definitions.json" in lists
    for path in lists:
        content = {"$schema": "https://example.com/schema.json", **json.loads((FIXTURE / path).read_text())}
        (tmp_path / "world" / path).write_text(json.dumps(content))
        assert faults(path, json.dumps(content)) == []
    assert serve(tmp_path / "world")


def example() -> dict[str, str]:
    """The files of the complete example in worlds.md: each is a fenced block below a line with its path."""
    section = WORLDS.read_text().partition("## Write a new world in half an hour")[2].partition("\n## ")[0]
    return dict(re.findall(r"^`([\w./-]+)`:\n\n```\w+\n(.*?)^```", section, re.MULTILINE | re.DOTALL))


@pytest.fixture
def example_world(tmp_path):
    for path, text in example().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def test_the_example_of_the_documentation_is_valid_and_is_played(example_world, serve):
    paths = [path for path in files(example_world) if not AS_THEY_STAND.fullmatch(path)]
    assert {"scenario.toml", "world/traffic.toml"} < set(paths)
    assert [fault for path in paths for fault in faults(path, (example_world / path).read_text())] == []
    assert serve(example_world)


@pytest.mark.skipif("MARPLE_BIN" not in os.environ, reason="MARPLE_BIN names no marple to grade with")
def test_the_example_of_the_documentation_passes(example_world):
    command = [os.environ["MARPLE_BIN"], "eval", "--model", "playbook", str(example_world)]
    graded = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert graded.returncode == 0, graded.stdout + graded.stderr
