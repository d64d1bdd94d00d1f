"""A stand-in Slack workspace with a web page. It speaks HTTP and imports nothing else of ours."""
