"""Core options as a core declares them."""
