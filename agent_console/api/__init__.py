"""The HTTP API: a table of routes, and what stands behind each."""
