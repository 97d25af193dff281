"""Click-through rates: a model that ranks ads nobody has shown yet, and says why."""
