"""The order of a spike's contributors, and its dedupe key."""

import pytest

from bot.alerting.alerts import Contributor, rank_contributors, spike_key
from bot.money import NANOS


def part(dimension: str, name: str, dollars: int, *, usual: int = 0) -> Contributor:
    return Contributor(
        dimension=dimension,  # type: ignore[arg-type]  # one of the four
        name=name,
        cost_nanos=dollars * NANOS,
        usual_nanos=usual * NANOS,
        first_hour=None,
    )


def test_contributors_come_by_dollars_and_of_near_equals_the_one_that_says_most_first() -> None:
    parts = [
        part("tool", "Claude Code", 100),
        part("model", "opus", 95),
        part("credential", "key-12", 91),
        part("workflow", "evals", 89),
        part("tool", "Codex", 10),
    ]

    assert [c.name for c in rank_contributors(parts)] == ["key-12", "opus", "Claude Code", "evals"]
    assert [c.name for c in rank_contributors(parts, most=9)][-1] == "Codex"
    assert rank_contributors([]) == ()


def test_parts_that_cost_nothing_do_not_stop_the_order() -> None:
    parts = [part("tool", "a", 0), part("credential", "b", 0)]

    assert [c.name for c in rank_contributors(parts)] == ["b", "a"]


def test_of_equals_a_key_says_more_than_a_workflow_a_person_a_model_or_a_tool() -> None:
    kinds = ("tool", "model", "person", "workflow", "credential")

    found = rank_contributors((part(kind, "a", 100) for kind in kinds), most=5)
    assert [c.dimension for c in found] == ["credential", "workflow", "person", "model", "tool"]


@pytest.mark.parametrize(("dollars", "first"), [(90, "key"), (89, "tool")])
def test_contributors_are_near_equals_within_a_tenth_of_the_larger(dollars: int, first: str) -> None:
    found = rank_contributors([part("tool", "tool", 100), part("credential", "key", dollars)])

    assert found[0].name == first


def test_contributors_come_by_what_is_above_their_usual() -> None:
    found = rank_contributors([part("tool", "large", 500, usual=450), part("tool", "risen", 100)])

    assert [(c.name, c.rise_nanos // NANOS) for c in found] == [("risen", 100), ("large", 50)]


def test_a_spikes_key_is_its_team_and_the_hour_it_began() -> None:
    assert spike_key(1, 23) == "spike:1:23"
