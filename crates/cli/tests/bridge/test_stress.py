"""The program under stress: budgets that do not suffice, a killed process, models that loop, are cut off or refuse."""

import pytest
from conftest import MODEL
from reports import plan, questions, root_cause


@pytest.mark.parametrize(
    ("budget", "turns", "said"),
    [
        (["--max-cost", "0.01"], 0, "the budget of $0.01 is all but used up"),
        (["--max-turns", "1"], 1, "the budget of 1 model turns is used up"),
        (["--max-time", "3s"], 0, "the time budget"),
    ],
)
def test_a_budget_that_does_not_suffice_ends_in_a_partial_report(bridge, investigate, budget, turns, said):
    run = investigate(*budget)
    if turns:
        run.request(1)
        bridge.answer(1, *questions())
    code, report = run.ended()
    assert (code, report["status"], report["turns"]) == (4, "partial", turns)
    assert said in report["reason"]
    assert report["evidence"], "what is known is there"
    assert report["root_cause"] is None and report["verdict"] is None, "what is not known is not claimed"
    assert report["gaps"][0]["missing"] == "the root cause" and report["reason"] in report["gaps"][0]["why"], "what is not known is said"
    assert bridge.count() == (0 if "--max-cost" in budget else 1), "a call that could exceed the budget is not made"
    assert report["usage"]["cost_usd"] <= (report["budget"]["cost_usd"] or 1)
    shown = run.show(report["id"])
    limit = {"--max-cost": "$0 of $0.0100", "--max-turns": "1 model turn of 1", "--max-time": "of 3.0 s"}[budget[0]]
    assert limit in shown, shown


def test_a_killed_process_is_taken_up_again_and_pays_for_nothing_twice(bridge, run, investigate):
    killed = investigate("--max-cost", "7", "--max-turns", "9")
    killed.request(1)
    bridge.answer(1, *questions())
    waiting = killed.request(2)
    killed.kill()

    resumed = run("resume", "--format", "json")
    again = resumed.request(3)
    assert again.body == waiting.body, "the turn that was under way is asked again, and nothing before it"
    bridge.answer(3, root_cause(again), plan())
    code, report = resumed.ended()
    assert (code, report["status"], report["turns"]) == (0, "complete", 2)
    assert (report["budget"]["cost_usd"], report["budget"]["turns"]) == (7, 9), "what it may use is what it was"
    ids = [taken["id"] for taken in report["evidence"]]
    assert ids == [f"E{number}" for number in range(1, len(ids) + 1)], "each call is in the journal once"

    whole = investigate()
    whole.request(4)
    bridge.answer(4, *questions())
    bridge.answer(5, root_cause(whole.request(5)), plan())
    _, undisturbed = whole.ended()
    assert [same(taken) for taken in report["evidence"]] == [same(taken) for taken in undisturbed["evidence"]]
    for part in ("verdict", "confidence", "confidence_because", "gaps", "remarks"):
        assert report[part] == undisturbed[part], part
    for part in ("root_cause", "mitigation"):
        assert report[part] | {"at": None} == undisturbed[part] | {"at": None}, part


def same(taken: dict) -> dict:
    """Evidence without when it was taken."""
    return {key: value for key, value in taken.items() if key not in ("taken_at", "elapsed_ms")}


def test_a_model_that_asks_the_same_again_is_told_and_then_made_to_conclude(bridge, investigate):
    run = investigate()
    for number in (1, 2, 3, 4):
        run.request(number)
        bridge.answer(number, *questions())
    told = run.request(4).words
    assert "nothing new came of it" in told
    last = run.request(5)
    assert "last turn" in last.words and last.body["toolConfig"]["toolChoice"] == {"any": {}}
    bridge.answer(5, root_cause(last), plan())
    code, report = run.ended()
    assert (code, report["status"], report["turns"]) == (0, "complete", 5)


def test_an_answer_that_a_guardrail_stops_hands_over_and_the_report_says_why(bridge, investigate):
    run = investigate()
    run.request(1)
    bridge.answer(1, {"text": "This request was blocked."}, stop="guardrail_intervened")
    code, report = run.ended()
    assert (code, report["status"], bridge.count()) == (0, "complete", 1)
    assert report["models"][-1] == "playbook"
    [note] = [note for note in report["notes"] if note["note"] == "degraded"]
    assert "guardrail" in note["reason"]
