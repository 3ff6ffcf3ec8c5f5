"""Files that are whole or missing, and that say where they come from."""
