"""Reading what landed elsewhere: the folders that make the dataset now, code that reads them, copies."""
