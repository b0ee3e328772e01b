"""Reading what landed: six storages, one interface."""
