"""Tasks whose lives are made of trials."""
