"""The services' tables of members (`Members` in `src/wire/members.rs`) against botocore's service models."""

import re
from pathlib import Path

import botocore.session
import pytest

SERVICES = Path(__file__).resolve().parents[2] / "src" / "services"
#: File or folder of each service → its name in botocore.
NAMES = {path.stem: path.stem.replace("_", "-") for path in sorted(SERVICES.iterdir())
         if re.search(r"pub\(super\) const SERVICE: Service\b", (path / "mod.rs" if path.is_dir() else path).read_text())
         and path.stem != "mod"}


def source(service: str) -> str:
    folder = SERVICES / service
    files = sorted(folder.rglob("*.rs")) if folder.is_dir() else [folder.with_suffix(".rs")]
    return "\n".join(file.read_text() for file in files if file.name != "tests.rs")


def table(text: str, name: str) -> set[str]:
    found = re.search(rf"\b{name}: &\[(.*?)\]", text, re.DOTALL)
    return set(re.findall(r'"([^"]+)"', found[1])) if found else set()


def items(text: str) -> dict[str, str]:
    return dict(re.findall(r'\("([A-Za-z/]+)",\s*"([A-Za-z]+)"\),', text.partition("XML_ITEMS: &[")[2].partition("];")[0]))


def listed(entries, parent: str, name: str):
    """The entry that stands for a member, as `Place::is` finds it."""
    return next((entry for entry in (f"{parent}/{name}", name) if entry in entries), None)


def walk(shape, parent, name, seen=()):
    """Every scalar, list and map below a shape: kind, the member's name and its parent's, and the shape."""
    kind = shape.type_name
    if kind == "structure":
        if shape.name not in seen:
            for member, below in shape.members.items():
                yield from walk(below, name, member, (*seen, shape.name))
        return
    yield kind, parent, name, shape
    if kind == "list":
        yield from walk(shape.member, parent, name, seen)
    elif kind == "map":
        yield from walk(shape.value, parent, name, seen)


def test_every_service_is_found():
    assert {"application-autoscaling", "ecs", "ecr", "elbv2", "lambda", "sts"} <= set(NAMES.values())


@pytest.fixture(params=NAMES)
def service(request):
    text = source(request.param)
    model = botocore.session.get_session().get_service_model(NAMES[request.param])
    played = [name for name in model.operation_names if f'("{name}",' in text]
    assert played, f"no operation of {request.param} is found in its source"
    shapes = [(direction, shape) for name in played for direction in ("input", "output")
              if (shape := getattr(model.operation_model(name), f"{direction}_shape")) is not None]
    members = [(direction, *member) for direction, shape in shapes for member in walk(shape, "", "")]
    return text, model, members


def test_every_time_and_nothing_else_is_a_timestamp(service):
    text, _, members = service
    known = table(text, "timestamps")
    for direction, kind, parent, name, _ in members:
        if kind in ("list", "map"):
            continue
        assert (kind == "timestamp") == bool(listed(known, parent, name)), f"{direction}: {parent}/{name} is a {kind}"


def test_text_inputs_that_are_numbers_or_booleans_are_known(service):
    text, model, members = service
    if not {"query", "rest-json"} & set(model.metadata.get("protocols", [])):
        pytest.skip("inputs are typed on the wire")
    for direction, kind, parent, name, _ in members:
        if direction == "input" and kind in ("integer", "long"):
            assert listed(table(text, "integers"), parent, name), f"{parent}/{name} is a number"
        if direction == "input" and kind == "boolean":
            assert listed(table(text, "booleans"), parent, name), f"{parent}/{name} is a boolean"


def test_lists_are_named_in_xml_as_the_model_names_them(service):
    text, model, members = service
    if "query" not in model.metadata.get("protocols", []):
        pytest.skip("no XML")
    known = items(text)
    for direction, kind, parent, name, shape in members:
        if direction == "output" and kind == "list":
            assert known.get(listed(known, parent, name), "member") == shape.member.serialization.get("name", "member"), name
            assert not shape.serialization.get("flattened"), name


def test_doubles_and_maps_are_known_where_cbor_and_xml_need_them(service):
    text, model, members = service
    if "smithy-rpc-v2-cbor" not in model.metadata.get("protocols", []):
        pytest.skip("no CBOR")
    for _, kind, parent, name, _ in members:
        if kind in ("double", "float"):
            assert listed(table(text, "doubles"), parent, name), f"{parent}/{name} is a double"
        elif kind in ("integer", "long"):
            assert not listed(table(text, "doubles"), parent, name), f"{parent}/{name} is no double"
        if kind == "map":
            assert listed(table(text, "maps"), parent, name), f"{parent}/{name} is a map"
