"""What several questions share: who lives, in which bodies and tasks, and how it is compared."""
