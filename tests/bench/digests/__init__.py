"""How long the Monday digests of a company take, with their charts, beside an earlier build."""
