"""The tables, one file per wing."""
