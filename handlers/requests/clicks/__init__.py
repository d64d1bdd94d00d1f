"""What people click on a card beside its decision: questions, nudges, another amount, and what a grant was worth."""
