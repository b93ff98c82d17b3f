"""Where it goes: conversation -> queue -> agent. Pure decisions in `pool`, one writer per pool in `service`."""
