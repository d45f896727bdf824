"""A chat that steers: the engineer doubts the root cause, the model looks again, and a second version comes of it."""

import json

from conftest import MODEL
from reports import FUNCTION, plan, root_cause, use


def answer(text: str, *citations: dict) -> dict:
    return use("answer", text=text, citations=list(citations))


def second_cause(request) -> dict:
    """Another reading of the same evidence: the limit is the cause, not the wait."""
    cause = root_cause(request)
    cause["toolUse"]["input"] |= {"category": "misconfiguration", "title": "The timeout of 5 s is below what the work takes"}
    return cause


def test_a_steering_chat_yields_version_two_of_the_root_cause(bridge, investigate, run):
    investigated = investigate()
    bridge.answer(1, root_cause(investigated.request(1)), plan())
    code, first = investigated.ended()
    assert (code, first["versions"]) == (0, [])

    chat = run("chat", first["id"], "-m", "That is not it, look for another cause.", "--format", "json")
    asked = chat.request(2)
    assert "That is not it" in asked.words
    tools = [tool["toolSpec"]["name"] for tool in asked.body["toolConfig"]["tools"] if "toolSpec" in tool]
    assert tools.count("answer") == 1
    span = {"start": "2025-12-14T00:00:00Z", "end": "2025-12-17T14:20:00Z"}
    bridge.answer(2, {"text": "I look at the days before."}, use("search_logs", log_group=f"/aws/lambda/{FUNCTION}", pattern='"Task timed out"', **span))

    looked = chat.request(3)
    shown = looked.evidence("search_logs")
    false = {"evidence": shown.id, "quote": "Task timed out after 30.00 seconds"}
    bridge.answer(3, second_cause(looked), plan(), answer(f"It is the limit [{shown.id}].", false))

    refused = chat.request(4)
    assert [result["status"] for result in refused.results] == ["success", "success", "error"]
    assert "citations[0]" in refused.results[2]["content"][0]["text"]
    quoted = {"evidence": shown.id, "quote": "Task timed out after 5.00 seconds"}
    bridge.answer(4, answer(f"It is the limit [{shown.id}].", quoted))

    code, said, _ = chat.finished()
    reply = json.loads(said)
    assert (code, reply["id"], reply["model"]) == (0, first["id"], MODEL)
    assert reply["answer"] == f"It is the limit [{shown.id}]."
    assert [citation["verified"] for citation in reply["citations"]] == [True]

    report = json.loads(investigated.show(first["id"], "--format", "json"))
    titles = [version["root_cause"]["title"] for version in report["versions"]]
    assert titles == [first["root_cause"]["title"], "The timeout of 5 s is below what the work takes"]
    assert report["root_cause"]["title"] == titles[1]
    assert report["versions"][0]["mitigation"] and report["mitigation"]
    assert (report["turns"], report["questions_spent"]["turns"]) == (1, 3), "a report's figures do not change with a question"
    terminal = investigated.show(first["id"])
    assert titles[0] in terminal and "version 1" in terminal


def test_words_alone_are_reminded_once_and_then_taken_unchecked(bridge, investigate, run):
    investigated = investigate()
    bridge.answer(1, root_cause(investigated.request(1)), plan())
    _, report = investigated.ended()
    chat = run("chat", report["id"], "-m", "Whose fault is it?", "--lang", "ja")
    assert "BCP 47 tag ja" in chat.request(2).words
    bridge.answer(2, {"text": "待ち時間です。"})
    assert "Words alone" in chat.request(3).words
    bridge.answer(3, {"text": "**待ち時間**です。"})
    code, said, _ = chat.finished()
    assert code == 0 and said.startswith("待ち時間です。") and "no citation" in said
