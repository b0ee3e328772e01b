"""All dataset flows of a sandbox, made by whomever: listing, changing, adopting, deleting, and what others left behind."""
