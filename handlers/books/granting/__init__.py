"""Grants: budget that ends, its ends in forms, and ending one early."""
