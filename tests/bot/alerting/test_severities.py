"""The order of severities."""

from bot.alerting.severities import SEVERITIES, rank


def test_severities_come_by_the_money_at_stake() -> None:
    assert SEVERITIES == ("low", "medium", "high", "critical")
    assert [rank(severity) for severity in SEVERITIES] == [0, 1, 2, 3]
