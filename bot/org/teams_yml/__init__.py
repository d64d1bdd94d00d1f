"""The models of teams.yml: its sections, field types, and faults between lines."""
