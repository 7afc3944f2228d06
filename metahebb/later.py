"""The mark of a field of a config that came after run folders were written."""

LATER = "later"
"""Marks, in its metadata, a field that run folders of earlier versions do not have."""
