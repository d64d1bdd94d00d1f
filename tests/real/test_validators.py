"""What the official FOCUS validator prints is read as what it means, as its exit code means nothing."""

import pytest

from tests.real.validators import read_report

TEXT = """
Total: 578 | Pass: 274 | Fail: {fail} | Skipped: 302
X InvoiceId-C-005-C: FAIL  (violations=3339, msg=InvoiceId MUST NOT be NULL., 26.8ms)
"""


def test_one_of_two_contradictory_rules_may_fail() -> None:
    report = read_report(TEXT.format(fail=1))

    assert (report.passed, report.skipped, report.faults) == (274, 302, ())


@pytest.mark.parametrize("rule", ["InvoiceId-C-004-C", "InvoiceId-C-003-C", "BilledCost-C-001-M"])
def test_any_further_rule_is_a_fault(rule: str) -> None:
    report = read_report(TEXT.format(fail=2) + f"X {rule}: FAIL  (violations=1)\n")

    assert len(report.faults) == 1


def test_a_report_that_is_none_is_no_success() -> None:
    with pytest.raises(ValueError, match="no result"):
        read_report("Traceback: no module")
    with pytest.raises(ValueError, match="2 rules fail, and 1 are named"):
        read_report(TEXT.format(fail=2))
