"""Submits one run, one run as a chain of jobs, or the points of a scaling study."""

import itertools
import math
import pathlib
import zlib

from . import checks
from .checks import Planned
from .queue import SCRIPTS, Job, Queue
from .runs import values

SCALING = SCRIPTS.parent / "experiments/scaling/scaling.ini"
NOTHING_LEFT = "nothing is left to do"


def submission_of(result):
    """The folder beside a result with what was submitted for it: configuration, checksums of input files, jobs."""
    return pathlib.Path(f"{result}.submission")


def unused(folder):
    """This folder, or one with a number, that is not there: jobs that wait keep what was submitted for them."""
    path, count = folder, 1
    while path.exists():
        count += 1
        path = folder.with_name(f"{folder.stem}-{count}{folder.suffix}")
    return path


def checked(queue, options, config, result):
    """What a dry run says of the run, which may be written to this result."""
    if result:
        queue.refuse_if_queued(submission_of(result) / "jobs.tsv", result)
    checks.check_time(options)
    (_, said), = checks.print_costs([Planned(str(config), config, options.keys, options.ranks, options.nodes, result)])
    return said


def run(options):
    config = checks.configuration(options.config)
    result = pathlib.Path(options.output).resolve() if options.output else None
    with Queue(options) as queue:
        said = checked(queue, options, config, result)
        if NOTHING_LEFT in said:
            return
        given, log = {}, "%x-%j.log"
        folder = unused(submission_of(f"results/{config.stem}-{zlib.crc32(config.read_bytes()):08x}"))
        if result:
            queue.folder(result.parent)
            given, log, folder = {"RESULT": str(result)}, f"{result}.log", submission_of(result)
        own = [*queue.resources(options.ranks, options.nodes, said), f"--output={log}"]
        copy = queue.freeze(config, [said], folder)
        job = queue.submit("run.sbatch", [copy, *options.keys], own, environment=given)
        queue.record(folder / "jobs.tsv", [Job("run", job)])
        log = log.replace("%x", "bayres").replace("%j", job)
        queue.say(f"job {job}", f"next: squeue -j {job}; tail -f {log}")


def chain(options):
    config = checks.configuration(options.config)
    result = pathlib.Path(options.output or f"results/{config.stem}.h5").resolve()
    with Queue(options) as queue:
        said = checked(queue, options, config, result)
        if NOTHING_LEFT in said:
            return
        queue.folder(result.parent)
        folder = submission_of(result)
        copy = queue.freeze(config, [said], folder)
        own = [*queue.resources(options.ranks, options.nodes, said), f"--output={result}.log"]
        jobs = []
        for link in range(1, options.links + 1):
            after = [f"--dependency=afterany:{jobs[-1]}", "--kill-on-invalid-dep=yes"] if jobs else []
            jobs.append(queue.submit("chain.sbatch", [link, options.links, result, copy, *options.keys], own, after))
        queue.record(folder / "jobs.tsv", [Job("chain", job) for job in jobs])
        queue.say(f"chain {' '.join(jobs)}", f"next: squeue -j {','.join(jobs)}; tail -f {result}.log")


def grid(options):
    """The points of a scaling study: [(ranks, neurons)]."""
    ranks = [int(text) for text in values(options.ranks)]
    sizes = [int(text) for text in values(options.sizes)]
    if options.kind == "strong":
        return list(itertools.product(ranks, sizes))
    # Each rank keeps its number of synapses, N^2 p / ranks, as well as whole blocks of neurons allow.
    return [(count, round(size * math.sqrt(count / min(ranks)) / checks.BLOCK) * checks.BLOCK if count > min(ranks) else size)
            for count, size in itertools.product(ranks, sizes)]


def scaling(options):
    config = checks.configuration(options.config)
    points = grid(options)

    def nodes(ranks):
        return -(-ranks // options.ranks_per_node) if options.ranks_per_node else None

    with Queue(options) as queue:
        checks.print_costs([Planned(f"{size} neurons on {ranks} ranks, {options.repeats} times", config,
                                    [*options.keys, f"--reservoir.size={size}"], ranks, nodes(ranks)) for ranks, size in points])
        folder = queue.folder(options.output or f"results/scaling-{options.kind}")
        jobs = []
        for ranks, size in points:
            own = [*queue.resources(ranks, nodes(ranks)), f"--output={folder}/ranks-{ranks}-size-{size}.log"]
            own += [] if options.share else ["--exclusive"]
            jobs.append(queue.submit("scaling.sbatch", [folder, size, options.repeats, config, *options.keys], own))
        wanted = ",".join(f"{ranks}x{size}" for ranks, size in points)
        model = ["--model", pathlib.Path(options.model).resolve()] if options.model else []
        figure = queue.submit_after(jobs, f"{folder}/figure.log", "analysis.sbatch", "scaling", folder, "-o", folder, "--kind",
                                    options.kind, "--wanted", wanted, "--repeats", options.repeats, *model)
        queue.say(f"{len(jobs)} jobs {' '.join(jobs)}, then the figure {figure}",
                  f"next: squeue -j {','.join([*jobs, figure])}; when they are gone: {folder}/scaling.png, scaling.md, "
                  "scaling.csv")
