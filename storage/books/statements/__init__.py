"""Statements: sealed ones, the entries they are made of, and what others confirm of their usage."""
