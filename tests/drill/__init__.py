"""A drill with faults: several processes of the bot on PostgreSQL, a failing Slack, and `kill -9`; then everything is counted."""
