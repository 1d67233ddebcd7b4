"""Vectors of words and sentences: which words belong together, which sentences say the same."""
