"""`tokens credits`: booked, listed and taken back from the command line."""

from tests.scenarios.commands import Run


def test_a_credit_is_booked_listed_and_taken_back_once(run: Run) -> None:
    assert run("teams", "import", "teams.yml").exit_code == 0
    booked = run("credits", "add", "search", "120.50", "--document", "CN-4711")
    assert (booked.exit_code, booked.stdout.split(" in ")[0]) == (0, "Credit 1: $120.50 for search")
    listed = run("credits", "list").stdout
    assert "CN-4711" in listed
    assert "booked" in listed
    assert run("check").exit_code == 0

    assert "Credit 1 is taken back: $120.50." in run("credits", "reverse", "1").stdout
    again = run("credits", "reverse", "1")
    assert again.exit_code != 0
    assert "taken back already" in again.stderr
    assert "taken back" in run("credits", "list").stdout
    assert run("check").exit_code == 0


def test_each_mistake_is_named(run: Run) -> None:
    run("teams", "import", "teams.yml")
    for arguments, said in (
        (("add", "nobody", "5", "--document", "x"), "team: there is no team 'nobody'"),
        (("add", "search", "-5", "--document", "x"), ""),
        (("add", "search", "1e99", "--document", "x"), "amount: That is not an amount"),
        (("reverse", "7"), "There is no credit 7"),
    ):
        failed = run("credits", *arguments)
        assert failed.exit_code != 0, arguments
        assert said in failed.stderr
    assert "CN" not in run("credits", "list").stdout
