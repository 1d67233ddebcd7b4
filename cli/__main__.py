"""``python -m nlpzero_cli``."""

from .start import main

if __name__ == "__main__":
    main()
