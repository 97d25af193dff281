"""Themes and personas of a market by clustering what its ads say, and the gaps between us and them."""
