"""Does a plastic memory help?"""
