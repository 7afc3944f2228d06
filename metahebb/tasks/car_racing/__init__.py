"""Gymnasium's CarRacing, with frames drawn by a compiled kernel, and with several grounds."""
