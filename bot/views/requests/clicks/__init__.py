"""What people click on a card beside its decision, in words and forms."""
