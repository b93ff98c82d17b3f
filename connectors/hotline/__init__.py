"""The telephone, through webhooks of a cloud PBX: Stringee, or any other that the generic adapter can read."""
