"""Validation that loses nothing: cleaning, a reviewed suite, quarantine, and the load of what passed."""
