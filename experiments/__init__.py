"""One folder per question, the protocols that questions share, and the kit that all of them use."""
