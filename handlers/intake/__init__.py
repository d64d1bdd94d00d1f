"""The wing `intake`: the path of usage, keys, quarantine, replay, backfill, adjustments."""
