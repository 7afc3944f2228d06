"""Which tasks of animals does each way of learning within a life learn?"""
