"""Text to words: the shell of all segmenters, the two decoders, word lists, tokenizers,
evaluation.
"""
