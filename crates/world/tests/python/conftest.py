"""A world served on a loopback port, and clients for it."""

import os
import shlex
import socket
import subprocess
import time
from pathlib import Path

import boto3
import botocore.config
import pytest

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[3]
FIXTURE = HERE.parent / "fixtures" / "bookshop"
REGION = "us-east-1"
SERVE = os.environ.get("MARPLE_WORLD_SERVE", "cargo run -q -p marple-world --example serve --")
#: Building the example may come first.
UP_WITHIN_S = 600
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


@pytest.fixture(scope="session")
def serve():
    """Serves a scenario's folder; returns its URL."""
    processes = []

    def start(folder: Path) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = subprocess.Popen([*shlex.split(SERVE), str(folder), str(port)], cwd=REPOSITORY)
        processes.append(process)
        give_up = time.monotonic() + UP_WITHIN_S
        while time.monotonic() < give_up:
            assert process.poll() is None, f"the server ended with {process.returncode}"
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return f"http://127.0.0.1:{port}"
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"no server after {UP_WITHIN_S} s")

    yield start
    for process in processes:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture(scope="session")
def world(serve) -> str:
    """The URL of the fixture world."""
    return serve(FIXTURE)


@pytest.fixture(scope="session")
def client(world):
    """boto3 clients for the fixture world, by service name; `api` picks one of the service's protocols."""

    def make(service: str, url: str = world, **options):
        options = {"retries": {"max_attempts": 0}, **options}
        config = botocore.config.Config(**options)
        return boto3.client(service, endpoint_url=url, region_name=REGION, config=config, **CREDENTIALS)

    return make


@pytest.fixture(scope="session")
def aws(world):
    """Runs the AWS CLI against the fixture world; returns the finished process."""

    def run(*arguments: str) -> subprocess.CompletedProcess:
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        command = ["aws", "--endpoint-url", world, "--output", "json", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    return run
