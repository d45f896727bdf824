"""Investigations against a strict Bedrock endpoint whose model is the test.

The endpoint checks every request against the service's model and the rules of conversations with tools; `ended()` fails if one
broke them. See README.md.
"""

import json

import pytest
from conftest import MODEL
from reports import plan, questions, root_cause


def citations(report: dict) -> list:
    statements = report["root_cause"]["chain"] + report["root_cause"]["ruled_out"]
    return [citation for statement in statements for citation in statement["citations"]]


def report_at_once(run, number: int):
    """Answers a request with both reports in one turn."""
    run.bridge.answer(number, root_cause(run.request(number)), plan())


def test_questions_a_refused_report_a_cut_stream_and_a_whole_report(bridge, investigate):
    run = investigate()
    run.request(1)
    bridge.answer(1, *questions())

    asked = run.request(2)
    assert [result["status"] for result in asked.results] == ["success", "success"]
    assert asked.evidence("search_logs").text.count("Task timed out after 5.00 seconds") == 3
    bridge.answer(2, root_cause(asked, false_quote="timeout: 30 s"))

    refused = run.request(3)
    [result] = refused.results
    assert result["status"] == "error"
    assert "chain[1].citations[0]" in result["content"][0]["text"]
    assert "timeout: 5 s" in result["content"][0]["text"], "the nearest line is named"
    bridge.answer(3, root_cause(refused), fault="cut")

    again = run.request(4)
    assert again.body == refused.body, "a stream that was cut begins anew with the same request"
    bridge.answer(4, root_cause(again))

    accepted = run.request(5)
    [result] = accepted.results
    assert result["status"] == "success"
    bridge.answer(5, plan())

    code, report = run.ended()
    assert code == 0
    assert bridge.count() == 5
    assert (report["format"], report["status"], report["verdict"]) == (1, "complete", "fault")
    assert (report["model"], report["models"], report["language_model"]) == (MODEL, [MODEL], True)
    assert (report["turns"], report["refused_calls"]) == (4, 1)
    assert report["confidence"] == "high", report["confidence_because"]
    assert len(citations(report)) == 5 and all(citation["verified"] for citation in citations(report))
    assert report["root_cause"]["location"] == {"file": "index.js", "line": 2, "seen_in": "source"}
    assert report["mitigation"]["no_immediate_action"] and report["mitigation"]["follow_up"]
    assert report["usage"]["input_tokens"] > 0 and report["usage"]["cost_usd"] > 0
    assert report["tool_calls"] == len(report["evidence"])

    timeline = run.show(report["id"], "--timeline")
    [line] = [line for line in timeline.splitlines() if "chain[1].citations[0]" in line]
    assert "report_root_cause" in line and "refused" in line
    assert json.loads(run.show(report["id"], "--format", "json")) == report, "a replay is the report"


@pytest.mark.parametrize("fault", ["throttling", "timeout", "unavailable"])
def test_a_fault_that_passes_costs_one_more_request(bridge, investigate, fault):
    run = investigate()
    first = run.request(1)
    bridge.answer(1, fault=fault)
    assert run.request(2).body == first.body
    report_at_once(run, 2)
    code, report = run.ended()
    assert (code, report["status"], report["models"]) == (0, "complete", [MODEL])
    assert (report["turns"], bridge.count()) == (1, 2)


def test_the_playbook_takes_over_from_a_model_that_stays_away_and_the_report_says_so(bridge, investigate):
    run = investigate()
    attempts = 5
    for number in range(1, attempts + 1):
        run.request(number)
        bridge.answer(number, fault="unavailable")
    code, report = run.ended()
    assert (code, bridge.count()) == (0, attempts)
    assert (report["status"], report["verdict"]) == ("complete", "fault")
    assert report["models"] == ["playbook"] and not report["language_model"]
    timeline = run.show("--timeline")
    [line] = [line for line in timeline.splitlines() if "Bedrock is unable to process your request" in line]
    assert "playbook" in line
    assert "Bedrock is unable to process your request" in json.dumps(report["notes"]), "the report says why the model was left"


def test_a_model_that_only_talks_is_reminded(bridge, investigate):
    run = investigate()
    run.request(1)
    bridge.answer(1, {"text": "It is probably the code."})
    reminded = run.request(2)
    assert "report_root_cause" in reminded.words and not reminded.results
    report_at_once(run, 2)
    code, report = run.ended()
    assert (code, report["status"], report["turns"]) == (0, "complete", 2)


def test_the_last_turn_is_announced_and_a_report_that_never_came_is_partial(bridge, investigate):
    run = investigate("--max-turns", "1")
    only = run.request(1)
    assert "last turn" in only.words
    assert only.body["toolConfig"]["toolChoice"] == {"any": {}}
    bridge.answer(1, *questions())
    code, report = run.ended()
    assert (code, bridge.count()) == (4, 1)
    assert report["status"] == "partial"
    assert "1 model turns" in report["reason"]
    assert report["root_cause"] is None and report["evidence"]


def test_the_last_turn_suffices_for_both_reports(bridge, investigate):
    run = investigate("--max-turns", "1")
    report_at_once(run, 1)
    code, report = run.ended()
    assert (code, report["status"], report["turns"]) == (0, "complete", 1)


def test_a_time_budget_ends_even_a_silent_model(bridge, investigate):
    run = investigate("--max-time", "2s")
    run.request(1)
    code, report = run.ended()
    assert (code, report["status"]) == (4, "partial")
    assert "time budget" in report["reason"]
    assert report["evidence"], "what was found is there"


def test_an_interrupted_investigation_leaves_a_partial_report(bridge, investigate):
    run = investigate()
    run.request(1)
    run.interrupt()
    code, report = run.ended()
    assert code == 4
    assert report["status"] != "complete" and report["evidence"]


def test_a_resumed_investigation_goes_on_where_it_stopped_and_asks_nothing_twice(bridge, run, investigate):
    begun = investigate()
    begun.request(1)
    bridge.answer(1, *questions())
    waiting = begun.request(2)
    begun.interrupt()
    _, partial = begun.ended()

    resumed = run("resume", partial["id"], "--model", MODEL, "--format", "json")
    assert resumed.request(3).body == waiting.body
    report_at_once(resumed, 3)
    code, report = resumed.ended()
    assert (code, report["status"], report["turns"]) == (0, "complete", 2)
    assert report["id"] == partial["id"] and report["evidence"] == partial["evidence"]


def test_without_credentials_the_program_says_what_to_do_and_asks_nothing(bridge, investigate):
    code, _, said = investigate(credentials={}).finished()
    assert (code, bridge.count()) == (3, 0)
    assert "no usable AWS credentials" in said and "aws sso login" in said


def test_turns_share_their_prefix_so_that_a_prompt_cache_hits(bridge, investigate):
    run = investigate()
    run.request(1)
    bridge.answer(1, *questions())
    report_at_once(run, 2)
    run.ended()
    # Raw text: the order of members counts too.
    first, second = ((bridge.folder / f"00{number}.request.json").read_text() for number in (1, 2))
    body = json.loads(first)
    for part in ("system", "toolConfig"):
        assert json.dumps(json.loads(second)[part]) == json.dumps(body[part])
    opening = json.loads(second)["messages"][0]["content"]
    assert json.dumps(without_cache_points(opening)) == json.dumps(without_cache_points(body["messages"][0]["content"]))
    assert opening != without_cache_points(opening), "what was written to the cache is read from it at the same point"


def without_cache_points(content: list) -> list:
    return [block for block in content if "cachePoint" not in block]
