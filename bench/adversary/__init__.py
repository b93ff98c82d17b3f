"""Attackers against the identity policy: what they do (attacks), a shop in memory that decides by the real policy
(crowd), and who judges the outcome without asking it (judge).
"""
