"""The company of this bench: 2,000 teams below 40 departments, a tenth of them with budgets of parts."""

from tests.bench.year.company import slug

TEAMS = 2_000
DEPARTMENTS = 40
BUDGET_DOLLARS = 1_000
_PARTS = ", parts: [{workflow: evals, amount: 200}, {model: 'claude-opus*', amount: 400}]"


def teams_yml() -> str:
    """Returns the company's teams.yml."""
    funding = TEAMS * BUDGET_DOLLARS
    lines = [
        f"organisation: {{name: Bench, funding: {funding}, mode: govern, finance: [chloe@acme.test]}}",
        "workflows: [{name: nightly, priority: deferrable}]",
        "teams:",
    ]
    for number in range(DEPARTMENTS):
        amount = funding // DEPARTMENTS
        lines.append(f"  - {{slug: dep-{number}, name: Department {number}, budget: {{amount: {amount}}}}}")
    for number in range(TEAMS):
        parts = _PARTS if number % 10 == 9 else ""
        budget = f"{{amount: {BUDGET_DOLLARS}{parts}}}"
        lines.append(
            f"  - {{slug: {slug(number)}, name: Team {number}, parent: dep-{number % DEPARTMENTS}, budget: {budget}}}"
        )
    return "\n".join(lines) + "\n"
