"""Stand-ins for gateways' admin APIs: real HTTP on loopback, with the faults that real ones have."""
