"""Mutation tests of the rules: change one thing at a time, and see whether a test fails. `make mutants` runs them."""
