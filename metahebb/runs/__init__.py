"""Runs: their config and folder, the loop that evolves them, and how they resume and replay."""
