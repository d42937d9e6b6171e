"""What a core plays, and the time that it is told."""
