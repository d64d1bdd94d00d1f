"""Block Kit validation: shapes, limits, elements, figures."""
