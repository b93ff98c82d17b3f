"""Several workers and agents at one customer in the same moment: what they do (plans), who does it (hands, worker), and
what no race may break (check).
"""
