"""The wing `requests`: budget requests, approvals, who decides."""
