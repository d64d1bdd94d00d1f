"""Rehearsals: what another policy or budget plan would have meant for the requests of the last weeks."""
