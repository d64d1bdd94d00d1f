"""The packages whose rules are mutated, and the tests that judge them."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Package:
    """Some files of the product, and the tests that must notice a change in them."""

    files: str
    tests: tuple[str, ...]
    slow_tests: tuple[str, ...] = ()
    """Files of tests that judge no mutant: a survivor would run each of them to its end."""


PACKAGES = {
    "money": Package(files="bot/money.py", tests=("tests/bot/test_money.py",)),
    "books": Package(
        files="bot/books/**/*.py",
        tests=("tests/bot/books", "tests/bot/views/books"),
        slow_tests=("tests/bot/books/forecasts/test_forecast_coverage.py",),
    ),
    "requests": Package(files="bot/requests/**/*.py", tests=("tests/bot/requests", "tests/bot/views/requests")),
    "alerting": Package(files="bot/alerting/**/*.py", tests=("tests/bot/alerting", "tests/bot/views/alerting")),
    "detection": Package(files="bot/detection/**/*.py", tests=("tests/bot/detection",)),
}


def package_of(name: str) -> Package:
    """Returns a package by its name; a file's path (or a pattern) is judged by the tests of its package."""
    if name in PACKAGES:
        return PACKAGES[name]
    return replace(
        next(package for package in PACKAGES.values() if name.startswith(package.files.partition("*")[0])), files=name
    )
