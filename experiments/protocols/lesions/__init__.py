"""Lesions in mid-life: lives with and without them, and the speed that comes back."""
