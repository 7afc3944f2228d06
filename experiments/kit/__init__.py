"""The machinery of every study: runs, tuning, lives, claims, answers, and the page made of them."""
