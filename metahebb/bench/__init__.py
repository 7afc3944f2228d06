"""How fast, side by side: each row a ratio against a peer or a limit that runs beside it."""
