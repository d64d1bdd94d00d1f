"""Caps at gateways: the adapters, what writes caps, and `tokens gateways`."""
