"""Do evolved rules drive a car from pixels?"""
