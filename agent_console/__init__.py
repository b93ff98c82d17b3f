"""Where a conversation lands: HTTP API, live socket, sign-in, and the console in `web/`."""
