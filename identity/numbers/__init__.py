"""Phone numbers and mailboxes in what people write, and whose they are. Pure; `finds_in` is the way in."""
