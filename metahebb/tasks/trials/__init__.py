"""Tasks in which a life consists of trials."""
