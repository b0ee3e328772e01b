"""Following runs: those of exports under way, those of before, those that the platform starts by schedule."""
