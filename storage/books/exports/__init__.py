"""The rows of exports, page by page, as of the moment at which an export began."""
