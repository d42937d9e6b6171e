"""What a player holds: joypads, keyboards, and how consoles call their buttons."""
