"""Teachers within a life: rules alone, or a gradient."""
