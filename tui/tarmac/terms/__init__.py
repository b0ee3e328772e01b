"""The field's own words as values: destinations, formats, schedules, times, secrets, errors. Shared by client and emulator."""
