"""The wing `crosschecks`: gateways, observations, overlaps, reconciliation, health of sources."""
