"""The live socket: what happens in the log, shown on every screen that may see it."""
