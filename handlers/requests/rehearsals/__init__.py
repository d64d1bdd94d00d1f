"""`tokens rehearse`: a policy or budget plan is tried on past requests."""
