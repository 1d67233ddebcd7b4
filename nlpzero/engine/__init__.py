"""Arrays, files and workers; nothing here knows text."""
