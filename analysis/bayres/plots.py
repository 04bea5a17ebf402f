"""The figures of a result, for a notebook or a script. What is drawn, and with which words, is that of
analysis/bin/figures.

    result.plot()                          # all that the result has data for, {name: figure}; a notebook shows them
    result.plot("error", "weights")
    plots.error(result).savefig("error.pdf")
"""

import functools
import pathlib

import matplotlib
import matplotlib.pyplot as plt

with matplotlib.rc_context():  # their style is not that of the user's own figures
    from . import figures, overview

from .results import ResultError, open_many


class Figures(dict):
    """{name: matplotlib figure}. `skipped` says for each figure that is not there what it needs."""

    def __init__(self, drawn, skipped):
        super().__init__(drawn)
        self.skipped = skipped

    def save(self, folder=".", format="png"):
        """Writes each as FOLDER/NAME.FORMAT; the paths."""
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        paths = [pathlib.Path(folder) / f"{name}.{format}" for name in self]
        for path, figure in zip(paths, self.values()):
            figure.savefig(path)
        return paths

    def _repr_html_(self):
        import base64
        import io

        def shown(name, figure):
            data = io.BytesIO()
            figure.savefig(data, format="png")
            return f'<img alt="{name}" src="data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}">'
        return "\n".join(shown(*item) for item in self.items())


def _drawn(functions):
    """Figures of {name: function that draws}. They do not stay open in pyplot, which would show them once more."""
    drawn, skipped = {}, {}
    with matplotlib.rc_context(figures.STYLE):
        before = set(plt.get_fignums())
        for name, draw in functions.items():
            try:
                drawn[name] = draw()
            except figures.Skipped as reason:
                skipped[name] = str(reason)
        for number in set(plt.get_fignums()) - before:
            plt.close(number)
    return Figures(drawn, skipped)


def _functions(result, output, learners):
    """{name: function that draws} of one network; of an ensemble over its networks."""
    if result.seeds is None or result._network is not None:
        return figures.figures_of(result, [output], learners)

    def over_networks(draw):
        with open_many([result.path]) as study:
            return draw(study)
    return {name: functools.partial(over_networks, draw) for name, draw in overview.FIGURES.items()}


def plot(result, *names, output=0, learners=None):
    """The usual figures of a result as Figures, {name: matplotlib figure}: of one network outputs, error, weights, ...
    (NAMES), of an ensemble scores, learning curves, ... over its networks. With names only those; ResultError if the
    result has no data for one.

    output     number from 0 of the output that is drawn where there is room for one
    learners   names of those that are drawn where there is room for a few; by default the first of each rule
    """
    functions = _functions(result, output, learners)
    for name in names:
        if name not in functions:
            raise ResultError(f"{result.path}: there is no figure {name}; there are {', '.join(functions)}")
    found = _drawn({name: functions[name] for name in names or functions})
    for name in names:
        if name in found.skipped:
            raise ResultError(f"{result.path}: no figure {name}: {found.skipped[name]}")
    return found


def _alone(name):
    def draw(result, **options):
        return plot(result, name, **options)[name]
    draw.__name__ = draw.__qualname__ = name
    draw.__doc__ = f"The figure `{name}` of a result; options as of plot."
    return draw


NAMES = (*figures.FIGURES, *overview.FIGURES)
globals().update({name: _alone(name) for name in NAMES})
