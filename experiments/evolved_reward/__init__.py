"""Does evolution make a network that learns unknown functions from reward alone?"""
