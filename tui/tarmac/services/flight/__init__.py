"""The flight recorder: a session's requests, answers and keys in one file, and the same session again without a network."""
