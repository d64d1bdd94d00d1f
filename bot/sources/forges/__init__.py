"""Hosts of code, whose webhooks tell that a change was merged."""
