"""The shared core: event vocabulary, bus, settings, clock, ids, logging, metrics, and the `hub` command."""
