"""Who wrote: channel identities, the evidence they give, and the customers they are. Merge and undo."""
