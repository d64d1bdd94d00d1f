"""The close of a period: its states, what becomes of unspent budget, and budgets that are released over time."""
