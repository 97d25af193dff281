"""Counterpitch reads the pitches competitors pay to show and writes the brand's answer."""
