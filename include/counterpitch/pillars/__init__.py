"""Content pillars: what an ad says, to whom, with the words that prove it."""
