"""Deciding a request: who may, votes, a policy that changed, and what an approval gives."""
