"""Storages as a profile names them: opened, tested from both sides, given other keys."""
