"""Do evolved rules survive damage that fixed weights do not?"""
