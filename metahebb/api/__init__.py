"""What a notebook calls; the command line and the studies call the same."""
