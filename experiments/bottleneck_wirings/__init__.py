"""Which other ties and wirings are enough?"""
