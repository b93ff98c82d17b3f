"""Load and fault rigs: `python -m bench --help`. Not shipped.

Every rig is bounded in count and time, talks to loopback only, stops what it started, and measures its yardstick in the
same run: this machine's absolute figures say little, the ratios hold elsewhere.
"""
