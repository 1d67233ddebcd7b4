"""The words of a text: three ways to find them, the evidence for each, ranking, dictionaries."""
