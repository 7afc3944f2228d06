"""The machinery of every study: runs, tuning, lives, claims, answers, and the study's page."""
