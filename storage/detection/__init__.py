"""The wing `detection`: spikes, sweeps, histories, backtests."""
