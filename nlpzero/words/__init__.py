"""Word frequencies over corpora of any size."""
