"""Any environment that Gymnasium can make, one of a user's own among them."""
