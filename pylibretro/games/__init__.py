"""Games as tasks: game files, installed integrations, imported ROMs."""
