"""`hub demo`: the hub with a small shop's accounts, agents with known passwords, and customers who keep coming.

Customers speak through simulated providers that sign what they send and check what they get; nothing here writes a
message into the database. Only this mode knows the passwords in `house`.
"""
