"""Files: written whole or not at all, and what they may be packed in."""
