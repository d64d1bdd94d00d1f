"""Where files are that tests read: the project, its fixtures, and what may lie beside the checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
SHARED = ROOT.parent / "shared"
"""Samples and traces beside a checkout; a user's machine has none."""
