"""What sending one message takes: its delivery, who gets it instead, and reading back a lost post."""
