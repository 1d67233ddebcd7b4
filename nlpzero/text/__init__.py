"""Bytes to symbols: finding and reading files, decoding, Unicode classes, alphabets, units."""
