"""The text of files that people upload."""
