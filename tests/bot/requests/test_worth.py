"""What is said of ended grants, counted by grant and never by person."""

import pytest

from bot.requests.worth import WorthAnswer, WorthCounts, worth_counts


@pytest.mark.parametrize(
    ("answers", "counts"),
    [
        ([], (0, 0, 0)),
        ([(1, "yes"), (2, "yes"), (3, "partly"), (4, "no")], (2, 1, 1)),
        ([(1, "yes"), (1, "yes")], (1, 0, 0)),
        ([(1, "yes"), (1, "no")], (0, 1, 0)),
        ([(1, "no"), (1, "partly")], (0, 1, 0)),
    ],
)
def test_a_grant_counts_once_and_partly_where_people_differ(
    answers: list[tuple[int, WorthAnswer]], counts: tuple[int, int, int]
) -> None:
    yes, partly, no = counts
    found = worth_counts(answers)

    assert found == WorthCounts(yes=yes, partly=partly, no=no)
    assert found.grants == sum(counts)
