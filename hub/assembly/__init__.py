"""The composition root: builds one process from its settings and runs it. The only place that knows every package."""
