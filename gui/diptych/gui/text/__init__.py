"""Words and numbers of the window; no Qt here."""
