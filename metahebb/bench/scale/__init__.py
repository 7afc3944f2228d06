"""How many workers are useful: virtual workers on real Ray messages, and a model of many more."""
