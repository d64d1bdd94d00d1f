"""What is asked: amounts to offer, what they buy, limits that are used up, and what is typed."""
