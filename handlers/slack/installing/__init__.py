"""The installed app: its manifest, and its credentials."""
