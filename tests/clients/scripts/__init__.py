"""Programs of SDK set-ups, run in virtual environments of their own: they import nothing of ours.

Each makes `CALLS` calls to the stand-in at `API` and exports by the usual variables of OpenTelemetry.
"""
