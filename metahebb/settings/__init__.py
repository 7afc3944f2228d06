"""From words to a config: presets, flags, keyword arguments, and the parts that they name."""
