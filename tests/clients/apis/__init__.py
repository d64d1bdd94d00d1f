"""Stand-ins for model APIs: they answer like the real ones, with other counts in every answer, and record what they bill."""
