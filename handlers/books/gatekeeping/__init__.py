"""What a gateway asks before a call: limits, reservations, and budgets of a part."""
