"""``python -m nlpzero``: the program ``nlpzero``.

Imported by nobody: it is the one module of the library that knows the command line.
"""

from nlpzero_cli.__main__ import main

if __name__ == "__main__":
    main()
