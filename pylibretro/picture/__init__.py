"""What a core shows: pictures, OpenGL, captures, observations."""
