"""A character language model: interpolated modified Kneser–Ney, from counts."""
