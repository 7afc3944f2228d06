"""Gymnasium's MuJoCo walkers, whole or damaged, many at once."""
