"""A local Experience Platform with the same REST API that really moves Parquet files."""
