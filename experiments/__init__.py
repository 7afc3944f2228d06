"""One question per file, each ending in one table or figure."""
