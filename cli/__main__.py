"""Where the program begins: ``nlpzero``, ``python -m nlpzero`` and ``python -m nlpzero_cli``.

From here on Ctrl-C ends it without a traceback; what is loaded next takes a tenth of a second.
"""

import os
import signal


def _leave(number: int, frame: object) -> None:
    os._exit(128 + number)  # there is nothing to clean up yet


if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, _leave)

from .start import main

if __name__ == "__main__":
    main()
