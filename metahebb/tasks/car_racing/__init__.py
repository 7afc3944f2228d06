"""Gymnasium's CarRacing with a compiled picture, on grounds of its own."""
