"""What queries share: statements that are compiled once, exact sums, and what a process remembers."""
