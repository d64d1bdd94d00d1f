"""The server of HTTP: its connections and its end."""
