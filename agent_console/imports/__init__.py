"""Customers from a file: read, map, carry out in the background, report, undo."""
