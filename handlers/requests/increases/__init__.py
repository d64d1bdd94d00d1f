"""Requests for higher limits that people make at a gateway."""
