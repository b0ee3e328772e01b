"""From a wish to a plan: what is wanted, what exists, the difference as steps, and what is looked at first."""
