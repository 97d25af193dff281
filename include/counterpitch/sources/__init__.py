"""Where ads and results come from: one module a platform, all behind the same small protocol."""
