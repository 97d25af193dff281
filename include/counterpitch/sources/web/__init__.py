"""Pages of the open web: where they may be fetched from, how politely, and what stands on them."""
