"""The only door to a language model: cached, claimed, budgeted, accounted for."""
