"""A segmenter from raw text alone: two models that teach each other."""
