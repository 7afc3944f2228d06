"""The protocol of walking studies: one leg is shortened in training, the other legs in tests."""
