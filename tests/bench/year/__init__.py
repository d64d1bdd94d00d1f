"""A year of a company's usage, made by the product's own rules, and what Tokens then takes to answer about it."""
