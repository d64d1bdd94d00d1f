"""What to paste into each client, for `tokens connect` and for the pages below `docs/connect`."""
