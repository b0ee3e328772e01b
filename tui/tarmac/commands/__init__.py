"""The headless commands, one verb a module: arguments, and how the answer is written. What they do is in the services."""
