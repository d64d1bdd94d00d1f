"""Each noun of a transaction is of the class that its annotation names."""

import subprocess
import sys
from importlib import import_module

from storage import nouns
from storage.nouns import Transaction


def test_each_place_is_that_of_the_type_beside_it() -> None:
    declared = Transaction.__annotations__
    places = {name: vars(Transaction)[name].place for name in declared}

    assert len(places) > 50
    for name, place in places.items():
        module, _, queries = place.partition(":")
        assert queries == declared[name]
        assert getattr(import_module(module), queries).__module__ == module


def test_a_noun_is_made_once_in_a_transaction() -> None:
    made = object.__new__(Transaction)
    made.__dict__["config"] = config = object()

    assert made.config is config
    assert isinstance(Transaction.config, nouns._Noun)


def test_a_process_that_serves_has_imported_all_of_them() -> None:
    """Its files may be replaced while it runs, and a click would then import another release's."""
    script = """
import sys
from bot.app import import_the_rest
from bot.sources import SOURCES
from storage.nouns import Transaction
import_the_rest()
places = [one.place.partition(":")[0] for one in vars(Transaction).values() if hasattr(one, "place")]
assert len(places) > 50
print([place for place in [*places, *SOURCES._places.values()] if place not in sys.modules])
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"
