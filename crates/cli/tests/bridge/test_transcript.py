"""A model's conversation, recorded once and played back without the model."""

from conftest import SCENARIO
from reports import plan, questions, root_cause


def test_a_recorded_model_is_played_back_without_being_asked_again(bridge, investigate, run, tmp_path):
    file = tmp_path / "run.jsonl"
    live = investigate("--record", str(file))
    live.request(1)
    bridge.answer(1, *questions())
    bridge.answer(2, root_cause(live.request(2)), plan())
    code, recorded = live.ended()
    assert (code, recorded["turns"], len(file.read_text().splitlines())) == (0, 2, 3)

    replay = ["--scenario", SCENARIO, "--model", f"replay:{file}", "--format", "json"]
    code, played = run("investigate", *replay).ended()
    assert (code, bridge.count()) == (0, 2), "a replay asks no model"
    assert played["models"] == [f"replay:{model}" for model in recorded["models"]]
    assert played["usage"] == recorded["usage"]
    for part in ("root_cause", "mitigation"):
        # When it was written is no part of what it says.
        assert played[part] | {"at": None} == recorded[part] | {"at": None}
