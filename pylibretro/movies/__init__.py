"""Recorded input that plays again: movies, their files, those of other programs."""
