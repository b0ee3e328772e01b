"""Configuration files of other tools, one format a module: read, never changed, never copied."""
