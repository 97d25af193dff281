"""A simulated ad market with known ground truth: what a newcomer sees first, and what tests measure against."""
