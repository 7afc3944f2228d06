"""What does a delay of one generation cost learning?"""
