"""The protocol of the walking studies: one leg is shortened in training, the others in tests."""
