"""Exact counts of n-grams: packed keys, the table, how it is made, measures on it."""
