"""`marple doctor` asks a model for one token."""

import json

from conftest import MODEL, SCENARIO


def test_a_model_that_answers_one_token_is_fine(run, bridge):
    doctor = run("doctor", "--scenario", SCENARIO, "--model", MODEL, "--format", "json")
    request = doctor.request(1)
    assert request.body["inferenceConfig"] == {"maxTokens": 1}
    assert "toolConfig" not in request.body
    bridge.answer(1, {"text": "Hello"})
    code, out, said = doctor.finished()
    model = next(check for check in json.loads(out)["checks"] if check["name"] == "model")
    assert (code, model["outcome"]) == (0, "ok"), said
    assert bridge.count() == 1


def test_a_model_that_throttles_fails_the_examination(run, bridge):
    doctor = run("doctor", "--scenario", SCENARIO, "--model", MODEL, "--format", "json")
    doctor.request(1)
    bridge.answer(1, fault="throttling")
    code, out, said = doctor.finished()
    model = next(check for check in json.loads(out)["checks"] if check["name"] == "model")
    assert (code, model["outcome"]) == (3, "failed"), said
