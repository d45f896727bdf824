"""From moto to a captured world, and back: the same verdict, and the same answers to the same questions."""

import json
import re

import pytest
import seed
from conftest import rfc3339

#: Members of facts and of causes that a captured world has otherwise, each with the reason.
ELSEWHERE = {
    "package_size": "the world zips the files itself",
    "gaps": "moto has no trail, which is a gap; the captured world has one that is empty",
    "at": "when it was written",
    "quote": "the size of the package stands in quotes of its listing",
}


MARKER = re.compile(r"<hidden:([a-z-]+):[0-9a-f]{8}>")
TIME = re.compile(r"(T\d\d:\d\d:\d\d)\.(\d+)Z")


def text(said: str) -> str:
    """Markers without their digest: each key has its own. Times to the millisecond, which AWS has: moto has microseconds."""
    said = MARKER.sub(r"<hidden:\1>", said)
    return TIME.sub(lambda time: f"{time[1]}.{time[2]:0<3.3}Z", said)


def plain(value):
    """Facts without what is known to differ; numbers to six digits."""
    if isinstance(value, str):
        return text(value)
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


def differences(one, other, place: str = "") -> list:
    """Where two values differ: place, one, other."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [found for name in sorted({*one, *other}) for found in differences(one.get(name), other.get(name), f"{place}/{name}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [found for number, pair in enumerate(zip(one, other)) for found in differences(*pair, f"{place}/{number}")]
    return [] if one == other else [(place, one, other)]


def test_the_captured_world_comes_to_the_same_cause(marple, played):
    original, said, folder = played
    assert original["verdict"] == "fault" and original["root_cause"]["category"] == "code_defect"
    replayed = marple("investigate", "--scenario", str(folder), "--format", "json", "-q", account=False)
    assert replayed.returncode == 0, replayed.stderr
    report = json.loads(replayed.stdout)
    assert (report["verdict"], report["confidence"]) == (original["verdict"], original["confidence"])
    assert differences(plain(original["root_cause"]), plain(report["root_cause"])) == []


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
    assert differences(plain(account["facts"]), plain(world["facts"])) == []


def test_what_was_denied_or_missing_is_said(played):
    """moto has no trail: the captured world has none, and the report of the account says so."""
    assert re.search(r"trail", json.dumps(played[0]["gaps"]), re.I)
    assert not (played[2] / "world" / "cloudtrail").exists()
