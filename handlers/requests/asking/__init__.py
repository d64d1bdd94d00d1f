"""How people ask: the form and its figures, changes, shortcuts, and the link that a gateway shows."""
