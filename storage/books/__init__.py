"""The wing `books`: the ledger, budgets, forecasts, the allowance, checks."""
