"""Protocols that several studies share: arms, bodies and tasks, and how arms are compared."""
