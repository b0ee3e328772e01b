"""What can be exported: the sandbox's datasets as they arrive, what is inside one, what the limits mean for it."""
