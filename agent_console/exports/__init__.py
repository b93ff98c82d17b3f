"""Customers as a file: made while it is sent, safe to open in a spreadsheet."""
