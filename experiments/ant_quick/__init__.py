"""Does a Hebbian ant walk within five minutes?"""
