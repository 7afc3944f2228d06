"""What a result is worth: evaluations, probes, the rules that evolved, statistics."""
