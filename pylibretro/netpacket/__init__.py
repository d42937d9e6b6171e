"""Sessions of several cores that send packets to each other."""
