"""How a spike's parts are ordered, and the key by which it is said once."""

from bot.alerting.alerts import Contributor, rank_contributors, spike_key
from bot.money import NANOS


def part(dimension: str, name: str, dollars: int) -> Contributor:
    return Contributor(
        dimension=dimension,  # type: ignore[arg-type]  # one of the four
        name=name,
        cost_nanos=dollars * NANOS,
        usual_nanos=0,
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


def test_a_spikes_key_is_its_team_and_the_hour_it_began() -> None:
    assert len({spike_key(1, 23), spike_key(12, 3), spike_key(1, 24)}) == 3
