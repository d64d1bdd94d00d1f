"""Each noun of a transaction is of the class that its annotation names."""

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
