"""A stand-in Slack workspace with a web page: it speaks Slack's HTTP and imports nothing else of ours."""
