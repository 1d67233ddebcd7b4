"""Patterns of sentences, and parsing by them."""
