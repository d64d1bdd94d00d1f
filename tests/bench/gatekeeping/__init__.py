"""How soon gateways are answered, and that no budget is overspent."""
