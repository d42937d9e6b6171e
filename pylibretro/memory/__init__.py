"""A core's memory: maps, typed values, watches, cheats, searches."""
