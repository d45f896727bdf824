"""moto on a port, an incident in it, and the program beside boto3 on the same questions."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import boto3
import botocore.config
import pytest
import seed
from cbor_proxy import Proxy, query_client

REGION = "us-east-1"
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
#: How long moto may take to listen.
UP_WITHIN_S = 60


def built(variable: str, how: str) -> str:
    binary = os.environ.get(variable)
    assert binary and Path(binary).is_file(), f"{variable} has to name a binary, built with `{how}`"
    return binary


@pytest.fixture(scope="session")
def moto(tmp_path_factory):
    """The URL of moto."""
    server = shutil.which("moto_server")
    assert server, 'moto_server is missing: pip install "moto[server]"'
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("moto") / "log"
    with log.open("w") as out:
        environment = {**os.environ, "MOTO_ACCOUNT_ID": "111122223333", "MOTO_IAM_LOAD_MANAGED_POLICIES": "false"}
        process = subprocess.Popen([server, "-H", "127.0.0.1", "-p", str(port)], env=environment, stdout=out, stderr=out)
    give_up = time.monotonic() + UP_WITHIN_S
    while True:
        assert process.poll() is None and time.monotonic() < give_up, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.05)
    url = f"http://127.0.0.1:{port}"
    # Else a task moves on whenever somebody looks at it.
    still = {"model_name": "ecs::task", "transition": {"progression": "manual", "times": 1000}}
    urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/state-manager/set-transition", data=json.dumps(still).encode(), headers={"Content-Type": "application/json"}))
    yield url
    process.terminate()
    process.wait(timeout=10)


@pytest.fixture(scope="session")
def client(moto):
    """boto3's client for a service of moto."""
    config = botocore.config.Config(retries={"max_attempts": 0})

    def make(service: str):
        if service == "cloudwatch":
            return query_client(moto, REGION, CREDENTIALS)
        return boto3.client(service, endpoint_url=moto, region_name=REGION, config=config, **CREDENTIALS)

    return make


@pytest.fixture(scope="session")
def seeded(client):
    return seed.seed(client)


@pytest.fixture(scope="session")
def proxy(moto, seeded):
    """What the program is given for AWS."""
    proxy = Proxy(moto, REGION, CREDENTIALS)
    proxy.packages[seed.FUNCTION] = seeded.package
    yield proxy
    proxy.shutdown()


def environment(home: Path, endpoint: str | None) -> dict:
    account = {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    return {**(account if endpoint else {}), "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(home), "MARPLE_DATA_DIR": str(home / "data"), "PATH": os.environ["PATH"], "NO_COLOR": "1"}


def rfc3339(at) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="session")
def tool(proxy, seeded, tmp_path_factory):
    """Calls one tool of the program; returns its evidence."""
    home = tmp_path_factory.mktemp("tool")
    binary = built("MARPLE_TOOL", "cargo build -p marple-aws --example tool")

    def call(name: str, endpoint: str = proxy.url, **arguments) -> dict:
        command = [binary, name, json.dumps(arguments), rfc3339(seeded.asked)]
        ended = subprocess.run(command, env=environment(home, endpoint), capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return call


@pytest.fixture(scope="session")
def serve(tmp_path_factory):
    """Serves a scenario's folder; returns its URL."""
    binary, processes = built("MARPLE_BIN", "cargo build -p marple-cli"), []
    home = tmp_path_factory.mktemp("serve")

    def start(folder: Path) -> str:
        process = subprocess.Popen([binary, "world", "serve", str(folder), "--port", "0"], env=environment(home, None), stderr=subprocess.PIPE, text=True)
        processes.append(process)
        said = process.stderr.readline()
        found = re.search(r"http://\S+", said)
        assert found, said + (process.stderr.read() if process.poll() is not None else "")
        return found[0]

    yield start
    for process in processes:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture(scope="session")
def marple(proxy, tmp_path_factory):
    """Runs the program; with an account unless told otherwise."""
    binary, home = built("MARPLE_BIN", "cargo build -p marple-cli"), tmp_path_factory.mktemp("marple")

    def run(*arguments: str, account: bool = True) -> subprocess.CompletedProcess:
        command = [binary, *arguments]
        return subprocess.run(command, env=environment(home, proxy.url if account else None), capture_output=True, text=True, timeout=100, check=False)

    return run
