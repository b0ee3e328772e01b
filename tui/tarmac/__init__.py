"""tarmac lands Adobe Experience Platform datasets where machine-learning code can read them."""

__version__ = "0.1.0"
