"""The page in the browser: its routes, state and live feed."""
