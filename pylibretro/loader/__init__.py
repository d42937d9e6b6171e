"""Private copies of shared libraries, and what is known of their code."""
