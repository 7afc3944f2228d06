"""Published numbers that the study compares its own with."""

MEDIAN, UPPER_QUARTILE = 843, 1125
"""Trials to criterion in delayed nonmatch, of 20 runs of the paper's rule (Miconi 2017, fig. 1)."""
WITHIN = 1200
"""A number of trials in which at least three quarters of these runs reached the criterion."""
