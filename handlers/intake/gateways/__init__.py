"""Gateways that send usage: what their calls say of budgets."""
