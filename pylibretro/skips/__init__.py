"""What unmodified cores leave out of frames that nobody sees or hears."""
