"""The wing `org`: teams, people, attribution, tools, settings."""
