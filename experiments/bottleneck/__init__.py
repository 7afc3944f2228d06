"""How few plasticity rules are enough?"""
