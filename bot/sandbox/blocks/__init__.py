"""Block Kit as Slack checks it: shapes, limits, elements, figures."""
