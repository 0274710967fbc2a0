"""A second implementation of the rules in plain Python, and the desks to compare the two on."""
