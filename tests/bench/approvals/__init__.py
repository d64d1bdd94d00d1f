"""A year of budget requests by simulated people, decided by the real rules, and judged by code of its own."""
