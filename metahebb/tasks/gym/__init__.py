"""Tasks made from any environment that Gymnasium can make, also from a user's own."""
