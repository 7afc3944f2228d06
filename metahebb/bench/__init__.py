"""The benchmark: each row is the ratio of our speed to that of a peer, or to a limit."""
