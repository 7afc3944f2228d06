"""A study of how many workers are useful, with virtual workers in Ray and a model of many more."""
