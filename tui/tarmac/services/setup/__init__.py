"""Setting up: local files, profiles for an emulator, what other tools were set up with."""
