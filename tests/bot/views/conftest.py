"""Snapshots of views as JSON, one file per test, ready for Block Kit Builder."""

import re

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex


class PlainNames(JSONSnapshotExtension):
    """Names files without spaces and brackets, which a shell and a link would have to quote."""

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:
        name = super().get_snapshot_name(test_location=test_location, index=index)
        return re.sub(r"[^A-Za-z0-9_.]+", "-", name.replace("]", ""))


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(PlainNames)
