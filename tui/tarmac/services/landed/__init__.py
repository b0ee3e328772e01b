"""What landed: found, counted, compared, written down, looked into."""
