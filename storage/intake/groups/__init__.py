"""Groups of events on the fast path: their rows, and how they are written."""
