"""What a run says of its progress, as a bar on one line of the terminal or the notebook."""

import re
import sys

LINE = re.compile(r"^(?P<label>.*?) *(?P<share>\d+\.\d)% (?P<rest>(?:washout|train|test) t=.*)$")
WIDTH = 20


def in_notebook():
    """Whether what is printed is shown in a notebook of Jupyter."""
    if "IPython" not in sys.modules:
        return False
    return type(sys.modules["IPython"].get_ipython()).__name__ == "ZMQInteractiveShell"


class Bar:
    """Takes the lines that a run prints to its stderr: those of its progress become a bar, others stay as they are."""

    def __init__(self, stream=None):
        self._stream, self._shown = stream or sys.stderr, ""

    def line(self, text):
        found = LINE.match(text)
        if not found:
            self._replace("")
            self._stream.write(text + "\n")
        else:
            done = round(WIDTH * min(float(found["share"]), 100) / 100)
            self._replace(f"{found['label']}[{'#' * done}{'.' * (WIDTH - done)}] {found['share']:>5}% {found['rest']}")
        self._stream.flush()

    def _replace(self, text):
        if text or self._shown:  # what was longer is covered with blanks
            self._stream.write(f"\r{text:{len(self._shown)}}" + ("" if text else "\r"))
        self._shown = text

    def end(self):
        """Takes the bar away."""
        self._replace("")
        self._stream.flush()
