"""Genome maps of many sizes, evolved on the same network and compared with a rule per synapse."""
