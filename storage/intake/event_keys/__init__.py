"""Keys of events: what makes each event count once."""
