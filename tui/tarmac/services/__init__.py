"""What the app does, as async functions; knows no Textual and no terminal."""
