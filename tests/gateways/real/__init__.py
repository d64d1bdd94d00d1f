"""`make gateways`: the real Claude apps gateway as the judge of a decision's way from a click to a gateway's own audit."""
