"""The binary on one side, a strict Bedrock endpoint on the other, and the test between them as the model."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[4]
BRIDGE = Path(os.environ.get("CONVERSE_BRIDGE", REPOSITORY.parent / "shared" / "tools" / "converse-bridge"))
MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
SCENARIO = "lambda-timeout"
#: Longer than all waits between retries together.
PATIENCE_S = 60
#: Nothing of the machine's own AWS configuration may reach the program.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@dataclass
class Shown:
    """A piece of evidence, as the model was shown it."""

    id: str
    tool: str
    text: str

    def line(self, *words: str) -> str:
        """The first line that holds all the words."""
        for line in self.text.splitlines():
            if all(word in line for word in words):
                return line.strip()
        raise AssertionError(f"{self.id} ({self.tool}) has no line with {words}:\n{self.text}")

    def quoted(self, *words: str) -> dict:
        """A citation of that line."""
        return {"evidence": self.id, "quote": self.line(*words)}


class Request:
    """A request of the program, as the service takes it."""

    def __init__(self, body: dict):
        self.body = body

    @property
    def last(self) -> list:
        """The blocks that await an answer."""
        return self.body["messages"][-1]["content"]

    @property
    def results(self) -> list:
        """The tool results among them."""
        return [block["toolResult"] for block in self.last if "toolResult" in block]

    @property
    def words(self) -> str:
        """The texts among them."""
        return "\n".join(block["text"] for block in self.last if "text" in block)

    def evidence(self, tool: str) -> Shown:
        """The latest evidence of a tool in the whole conversation."""
        found = [shown for shown in self._shown() if shown.tool == tool]
        assert found, f"no evidence of {tool}"
        return found[-1]

    def _shown(self):
        for message in self.body["messages"]:
            for block in message["content"]:
                texts = [part["text"] for part in block.get("toolResult", {}).get("content", [])] + [block.get("text", "")]
                for text in texts:
                    for element in re.finditer(r'<evidence id="(E\d+)" tool="(\w+)"[^>]*>\n(.*?)\n</evidence>', text, re.S):
                        yield Shown(*element.groups())


class Bridge:
    """A running endpoint. Requests are numbered from 1, retries included."""

    def __init__(self, folder: Path, port: int, log: Path):
        self.folder, self.log, self.url = folder, log, f"http://127.0.0.1:{port}"

    def count(self) -> int:
        return len(list(self.folder.glob("*.request.json")))

    def answer(self, number: int, *content: dict, fault: str | None = None, stop: str | None = None):
        answer = {"content": list(content)} | ({"fault": fault} if fault else {}) | ({"stopReason": stop} if stop else {})
        path = self.folder / f"{number:03d}.answer.json"
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(answer))
        draft.rename(path)

    def refused(self) -> str:
        """What broke the service's rules, on either side."""
        rejected = [path.read_text() for path in sorted(self.folder.glob("*.answer.rejected.txt"))]
        return "\n".join(rejected + [line for line in self.log.read_text().splitlines() if "refused:" in line])


class Run:
    """A run of the program against the bridge. All runs of a test share a journal."""

    def __init__(self, bridge: Bridge, folder: Path, *command: str, credentials: dict):
        self.bridge, self.folder, self.credentials = bridge, folder, credentials
        self.stdout, self.stderr = folder / f"{command[0]}.stdout", folder / f"{command[0]}.stderr"
        with self.stdout.open("w") as out, self.stderr.open("w") as err:
            self.process = subprocess.Popen(self._command(*command), env=self._environment(), stdout=out, stderr=err)

    def request(self, number: int) -> Request:
        """The request of that number, waited for."""
        path = self.bridge.folder / f"{number:03d}.request.json"
        give_up = time.monotonic() + PATIENCE_S
        while not path.exists():
            refused = self.bridge.refused()
            assert not refused, refused
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.stderr.read_text()}"
            assert time.monotonic() < give_up, f"no request {number}:\n{self.stderr.read_text()}"
            time.sleep(0.02)
        return Request(json.loads(path.read_text()))

    def ended(self) -> tuple[int, dict]:
        """The exit code and the report. No request and no answer broke a rule."""
        code, out, said = self.finished()
        assert out, f"ended with {code} and without a report:\n{said}"
        return code, json.loads(out)

    def finished(self) -> tuple[int, str, str]:
        """The exit code, standard output and standard error. No request and no answer broke a rule."""
        give_up = time.monotonic() + PATIENCE_S
        while self.process.poll() is None and time.monotonic() < give_up and not self.bridge.refused():
            time.sleep(0.02)
        assert not self.bridge.refused(), self.bridge.refused()
        said = self.stderr.read_text()
        assert self.process.poll() is not None, f"it goes on after {self.bridge.count()} requests:\n{said}"
        return self.process.returncode, self.stdout.read_text(), said

    def show(self, *arguments: str) -> str:
        """`marple show` of the same journal."""
        shown = subprocess.run(self._command("show", *arguments), env=self._environment(), capture_output=True, text=True, timeout=PATIENCE_S)
        assert shown.returncode == 0, shown.stderr
        return shown.stdout

    def interrupt(self):
        """What Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)

    def kill(self):
        """What no program can prepare for: kill -9."""
        self.process.kill()
        self.process.wait(timeout=10)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=10)

    def _command(self, verb: str, *arguments: str) -> list:
        return [os.environ["MARPLE_BIN"], verb, *arguments, "--data-dir", str(self.folder / "data")]

    def _environment(self) -> dict:
        return self.credentials | {
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": self.bridge.url,
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "HOME": str(self.folder),
            "PATH": os.environ["PATH"],
            "NO_COLOR": "1",
        }


@pytest.fixture(scope="session", autouse=True)
def preconditions():
    binary = os.environ.get("MARPLE_BIN")
    assert binary and Path(binary).is_file(), "MARPLE_BIN has to name the marple binary, built with `cargo build -p marple-cli`"
    assert BRIDGE.is_file(), f"there is no converse-bridge at {BRIDGE}: CONVERSE_BRIDGE names another place"


@pytest.fixture
def bridge(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder, log = tmp_path / "bridge", tmp_path / "bridge.log"
    with log.open("w") as out:
        command = [sys.executable, str(BRIDGE), "--dir", str(folder), "--port", str(port), "--patience", str(PATIENCE_S)]
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    give_up = time.monotonic() + 20
    while "Bedrock Runtime on" not in log.read_text():
        assert process.poll() is None and time.monotonic() < give_up, log.read_text()
        time.sleep(0.02)
    yield Bridge(folder, port, log)
    process.terminate()
    process.wait(timeout=10)


@pytest.fixture
def run(bridge, tmp_path):
    """Starts the program with a command line."""
    runs = []

    def start(*command: str, credentials: dict = CREDENTIALS) -> Run:
        runs.append(Run(bridge, tmp_path, *command, credentials=credentials))
        return runs[-1]

    yield start
    for started in runs:
        started.stop()


@pytest.fixture
def investigate(run):
    """Starts an investigation of the scenario, with more arguments."""

    def start(*arguments: str, **settings) -> Run:
        return run("investigate", "--scenario", SCENARIO, "--model", MODEL, "--format", "json", *arguments, **settings)

    return start
