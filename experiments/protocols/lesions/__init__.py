"""Lesions in mid-life: lives with and without a lesion, and the speed that comes back."""
