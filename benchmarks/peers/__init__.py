"""The contestants of batch.py: a worker for each, and what starts, checks and limits them."""
