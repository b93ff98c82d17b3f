"""The telephone, through the webhooks of a cloud PBX: Stringee, or any other that the generic adapter can be told to read."""
