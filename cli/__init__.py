"""The command line of nlpzero: one thin module per command."""
