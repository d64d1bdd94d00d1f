"""Twins: two records of one call within a source, of which the books have one."""
