"""What stands between the program and moto: CloudWatch's CBOR becomes what moto reads, and packages can be downloaded.

The AWS SDK for Rust speaks Smithy RPC v2 CBOR to CloudWatch; moto reads query and JSON. Requests are decoded by botocore's own CBOR parser, asked
again by boto3 in the query protocol, and the answers are encoded by botocore's own CBOR serialiser. All else is passed on as it is, but for
one thing: moto's GetFunction gives the address of a bucket that does not exist; the proxy puts its own there, and serves the package.
"""

import io
import json
import re
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import botocore.exceptions
import botocore.parsers
import botocore.serialize
import botocore.session

OPERATION = re.compile(r"^/service/GraniteServiceVersion20100801/operation/(\w+)$")
LOCATION = re.compile(r'"Location": ?"https://awslambda[^"]*"')
#: moto has no such operation.
UNKNOWN_TO_MOTO = {"DescribeAlarmHistory": {"AlarmHistoryItems": []}}
#: The statistics that moto knows.
STATISTICS = {"SampleCount", "Average", "Sum", "Minimum", "Maximum"}
HOP_BY_HOP = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}


def query_client(url: str, region: str, credentials: dict):
    """boto3's client for CloudWatch, in the query protocol."""
    session = botocore.session.get_session()
    loader = session.get_component("data_loader")
    load = loader.load_service_model

    def in_query(service, kind, *arguments, **options):
        model = load(service, kind, *arguments, **options)
        if (service, kind) == ("cloudwatch", "service-2"):
            model = {**model, "metadata": {**model["metadata"], "protocol": "query", "protocols": ["query"]}}
        return model

    loader.load_service_model = in_query
    return boto3.Session(botocore_session=session).client("cloudwatch", endpoint_url=url, region_name=region, **credentials)


class Proxy(ThreadingHTTPServer):
    """Listens on a free port of this machine."""

    daemon_threads = True

    def __init__(self, moto: str, region: str, credentials: dict):
        super().__init__(("127.0.0.1", 0), Handler)
        self.moto, self.cloudwatch = moto, query_client(moto, region, credentials)
        self.model = botocore.session.get_session().get_service_model("cloudwatch")
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        #: Deployment packages by function.
        self.packages: dict[str, bytes] = {}
        #: Operations of CloudWatch that were asked in CBOR.
        self.translated: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        package = self.server.packages.get(self.path.removeprefix("/packages/"))
        if package is not None:
            return self.answer(200, {"Content-Type": "application/zip"}, package)
        self.handle_request()

    def do_POST(self):
        self.handle_request()

    def handle_request(self):
        asked = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = OPERATION.match(self.path)
        if operation:
            return self.translate(operation[1], asked)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        # moto tells services apart by the host that a request was signed for.
        request = urllib.request.Request(self.server.moto + self.path, data=asked or None, headers=headers, method=self.command)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                self.pass_on(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            self.pass_on(error.code, error.headers, error.read())

    def pass_on(self, status: int, headers, body: bytes):
        function = re.match(r"^/2015-03-31/functions/([^/?]+)", self.path)
        if function:
            here = json.dumps(f"{self.server.url}/packages/{function[1]}")
            body = LOCATION.sub(lambda _: f'"Location": {here}', body.decode()).encode()
        if (self.headers.get("X-Amz-Target") or "").endswith(".DescribeTasks") and status == 200:
            body = with_texts(json.loads(body))
        self.answer(status, {name: value for name, value in headers.items() if name.lower() not in HOP_BY_HOP}, body)

    def translate(self, operation: str, body: bytes):
        self.server.translated.append(operation)
        parser = botocore.parsers.RpcV2CBORParser()
        asked = parser.parse_data_item(io.BufferedReader(io.BytesIO(body))) if body else {}
        headers = {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
        unknown = []
        if operation == "GetMetricData":
            unknown = [query for query in asked["MetricDataQueries"] if query["MetricStat"]["Stat"] not in STATISTICS]
            asked["MetricDataQueries"] = [query for query in asked["MetricDataQueries"] if query not in unknown]
        try:
            answer = UNKNOWN_TO_MOTO.get(operation) or getattr(self.server.cloudwatch, botocore.xform_name(operation))(**asked)
        except botocore.exceptions.ClientError as error:
            said = {"__type": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}
            return self.answer(400, headers, b"\xa2" + b"".join(text(word) for pair in said.items() for word in pair))
        shape = self.server.model.operation_model(operation).output_shape
        if unknown:
            empty = [{"Id": query["Id"], "Timestamps": [], "Values": [], "StatusCode": "Complete"} for query in unknown]
            answer["MetricDataResults"] = answer["MetricDataResults"] + empty
        known = {name: value for name, value in answer.items() if name in shape.members}
        encoded = bytearray()
        botocore.serialize.RpcV2CBORSerializer()._serialize_data_item(encoded, known, shape)
        self.answer(200, headers, bytes(encoded))

    def answer(self, status: int, headers: dict, body: bytes):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nobody reads it."""


def with_texts(answer: dict) -> bytes:
    """An answer to DescribeTasks, with texts where AWS has texts."""
    for container in (container for task in answer["tasks"] for container in task["containers"]):
        container.update({name: str(container[name]) for name in ("cpu", "memory", "memoryReservation") if name in container})
    return json.dumps(answer).encode()


def text(word: str) -> bytes:
    """A text in CBOR."""
    encoded = word.encode()
    return bytes([0x78, len(encoded)]) + encoded if len(encoded) < 256 else b"\x79" + len(encoded).to_bytes(2, "big") + encoded
