"""How many workers does one dispatcher keep busy?"""
