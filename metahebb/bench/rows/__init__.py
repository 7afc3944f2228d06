"""The rows of the benchmark: each module yields findings from ``rows(threads, lanes, quick)``."""
