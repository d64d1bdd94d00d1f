"""The cause of a week: why a team's spend changed against the weeks before."""
