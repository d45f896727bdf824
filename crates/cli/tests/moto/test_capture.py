"""From moto to a captured world, and back: the same verdict, and the same answers to the same questions."""

import json
import re

import pytest
import seed
from conftest import rfc3339

#: Facts that a captured world has otherwise, each with the reason.
ELSEWHERE = {
    "package_size": "the world zips the files itself",
    "stored_bytes": "stated by the account when it was captured",
}


def plain(value):
    """Facts without what is known to differ; numbers to six digits."""
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items() if name not in ELSEWHERE}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


@pytest.fixture(scope="module")
def played(marple, seeded, tmp_path_factory):
    """The report of the account, what capture said, and the captured folder."""
    investigated = marple("investigate", "--alarm", seed.ALARM, "--as-of", rfc3339(seeded.asked), "--format", "json", "-q")
    assert investigated.returncode == 0, investigated.stderr
    folder = tmp_path_factory.mktemp("captured") / "orders"
    captured = marple("capture", "--output", str(folder))
    assert captured.returncode == 0, captured.stderr
    return json.loads(investigated.stdout), captured.stdout, folder


def without(cause: dict) -> dict:
    return {name: value for name, value in cause.items() if name != "at"}


def test_the_captured_world_comes_to_the_same_cause(marple, played):
    original, said, folder = played
    assert original["verdict"] == "fault" and original["root_cause"]["category"] == "code_defect"
    replayed = marple("investigate", "--scenario", str(folder), "--format", "json", "-q", account=False)
    assert replayed.returncode == 0, replayed.stderr
    report = json.loads(replayed.stdout)
    assert (report["verdict"], report["confidence"]) == (original["verdict"], original["confidence"])
    assert without(report["root_cause"]) == without(original["root_cause"])


def test_no_secret_is_in_any_file(played):
    for file in (path for path in played[2].rglob("*") if path.is_file()):
        assert b"hunter2" not in file.read_bytes() and b"never-read" not in file.read_bytes(), file


QUESTIONS = {
    "alarms": ("describe_alarms", {}),
    "errors": ("get_metrics", {"metrics": [{"namespace": "AWS/Lambda", "name": "Errors", "dimensions": {"FunctionName": seed.FUNCTION}, "statistics": ["Sum"]}]}),
    "durations": ("get_metrics", {"metrics": [{"namespace": "AWS/Lambda", "name": "Duration", "dimensions": {"FunctionName": seed.FUNCTION}, "statistics": ["Average", "Maximum"]}]}),
    "lines": ("search_logs", {"log_group": seed.GROUP, "pattern": "TypeError"}),
    "templates": ("summarize_logs", {"log_group": seed.GROUP}),
    "no log group": ("search_logs", {"log_group": "/aws/lambda/nobody", "pattern": ""}),
    "a function": ("get_function", {"function": seed.FUNCTION}),
    "no function": ("get_function", {"function": "nobody"}),
    "its code": ("read_function_code", {"function": seed.FUNCTION}),
    "a service": ("describe_service", {"service": seed.SERVICE, "cluster": seed.CLUSTER}),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_captured_world_answers_as_moto_does(tool, serve, played, question, worlds={}):
    folder = played[2]
    url = worlds.setdefault(folder, None) or worlds.update({folder: serve(folder)}) or worlds[folder]
    name, arguments = QUESTIONS[question]
    account, world = tool(name, **arguments), tool(name, endpoint=url, **arguments)
    assert (world["outcome"], world["command"]) == (account["outcome"], account["command"])
    assert plain(world["facts"]) == plain(account["facts"])


def test_what_was_denied_or_missing_is_said(played):
    """moto has no trail: the captured world has none, and the report of the account says so."""
    assert re.search(r"trail", json.dumps(played[0]["gaps"]), re.I)
    assert not (played[2] / "world" / "cloudtrail").exists()
