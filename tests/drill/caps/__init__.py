"""The drill of gateways' caps: decisions, faults, hand-made changes and `kill -9`; at the end books and gateway must agree."""
