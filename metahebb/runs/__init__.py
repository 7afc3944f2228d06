"""What is kept of a run: config, manifest, metrics, journal, checkpoints; resume and evaluation."""
