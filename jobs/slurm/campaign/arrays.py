"""Submits an array of runs, and again what it has not completed."""

import json
import os
import pathlib

from . import Refused, checks, folders, frozen
from .checks import Planned
from .queue import Job, Queue
from .runs import Run, checked_of, first_difference, read_runs, runs_of, text_of

MOST_TASKS = 1001  # of an array where SLURM does not say (MaxArraySize)
REMEMBERED = ("ranks", "nodes", "time", "limit", "pack", "retries", "merge", "sbatch")
ENVIRONMENT = ("BAYRES", "LAUNCH", "PYTHON")


def frozen_names(configs, folder):
    """{configuration: where its copy is}, each with a name of its own."""
    names = {}
    for config in configs:
        name, count = f"{config.stem}.ini", 1
        while folder / "configurations" / name in names.values():
            count += 1
            name = f"{config.stem}-{count}.ini"
        names[config] = folder / "configurations" / name
    return names


def refuse_changes(folder, copies, text):
    """Throws if a folder has been used for other runs than these, or with other configurations or input files."""
    found = []
    for config, copy in copies.items():
        old = copy.read_text() if copy.exists() else None
        if old is not None and old != config.read_text():
            found += [f"{config} has changed since:", *(f"  {line}" for line in frozen.text_differences(old, config.read_text()))]
    old = (folder / "tasks.tsv").read_text()
    if not found and old != text:
        found.append(first_difference(old, text))
    found += changed_inputs(folder)
    if found:
        raise Refused(f"{folder} has been used for other runs:\n  " + "\n  ".join(found) +
                      f"\nchoose another folder with -o; what was submitted goes on with jobs/slurm/submit again {folder}")
    print(f"{folder}: runs that are complete there end at once")


def changed_inputs(folder):
    """Which frozen files of a folder have changed, in words."""
    return [line for record in sorted((folder / "configurations").glob("*.inputs"))
            for line in frozen.differences(record.read_text())]


def spans(numbers):
    """Numbers that ascend, as SLURM writes them: 0-3,7."""
    groups = []
    for number in numbers:
        if groups and number == groups[-1][1] + 1:
            groups[-1][1] = number
        else:
            groups.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in groups)


def submit_packs(queue, options, folder, packs, resources):
    """Submits these packs of runs, as several arrays if SLURM takes no array as large."""
    most = int(checks.setting("MaxArraySize") or MOST_TASKS)
    jobs = []
    for first in range(0, max(packs) + 1, most):
        tasks = [pack - first for pack in packs if first <= pack < first + most]
        if not tasks:
            continue
        limit = f"%{options.limit}" if options.limit else ""
        log = "%a.log" if first == 0 and options.pack == 1 else "task-%A-%a.log"
        own = [*resources, f"--array={spans(tasks)}{limit}", f"--output={folder}/{log}"]
        given = {"BAYRES_FIRST": str(first), "BAYRES_PACK": str(options.pack)}
        jobs.append(Job("array", queue.submit("array.sbatch", [folder], own, environment=given), first, options.pack))
    return jobs


def submit_merge(queue, options, folder, jobs, waits_for=()):
    """Submits the merge and notes all jobs; says what to look at."""
    numbers = [job.number for job in jobs]
    merge = queue.submit_after([*waits_for, *numbers], f"{folder}/merge.log", "analysis.sbatch", "merge", folder,
                               wanted=options.merge)
    remembered = {name: getattr(options, name) for name in REMEMBERED}
    remembered["folder"] = os.getcwd()
    remembered["environment"] = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    if "BAYRES" in remembered["environment"]:
        remembered["environment"]["BAYRES"] = str(checks.program())
    queue.write(folder / "submission.json", json.dumps(remembered, indent=1) + "\n")
    queue.record(folder / "jobs.tsv", [*jobs, Job("merge", merge)])
    return numbers, merge


def array(options):
    configs = list(dict.fromkeys(checks.configuration(path) for path in options.config))
    names, runs = runs_of(options, configs)
    with Queue(options) as queue:
        checks.check_time(options)
        planned = [Planned(" ".join(run.words[1:]), run.config, run.keys, options.ranks, options.nodes) for run in runs]
        checked = checks.print_costs(planned, checked_of(planned))
        folder = queue.folder(options.output)
        queue.refuse_if_queued(folder / "jobs.tsv", folder)
        copies = frozen_names(configs, folder)
        text = text_of(names, configs, [Run(run.name, copies[run.config], run.keys) for run in runs])
        if (folder / "tasks.tsv").exists():
            refuse_changes(folder, copies, text)
        else:
            for config, copy in copies.items():
                queue.freeze(config, [said for run, said in checked if run.config == config], copy.parent, copy.name)
            queue.write(folder / "tasks.tsv", text)
        resources = queue.resources(options.ranks, options.nodes, [said for _, said in checked])
        jobs = submit_packs(queue, options, folder, range(-(-len(runs) // options.pack)), resources)
        numbers, merge = submit_merge(queue, options, folder, jobs)
        queue.say(f"array {' '.join(numbers)} of {len(runs)} runs, then merge {merge}",
                  f"look: jobs/slurm/submit status {folder}",
                  f"next: squeue -j {','.join([*numbers, merge])}; when they are gone: cat {folder}/merge.log; "
                  f"table: {folder}/merged.csv")


def recall(options, folder):
    """Fills in what was given when the folder was submitted, unless it is given anew."""
    path = folder / "submission.json"
    if options.keys:
        raise Refused(f"{options.keys[0]}: again runs what was submitted: for other keys submit an array to another folder")
    if not path.exists():
        raise Refused(f"{path} is not there: give the same jobs/slurm/submit array command once more")
    remembered = folders.submission_of(folder)
    folders.return_to(remembered)
    for name in REMEMBERED:
        value = remembered.get(name)
        if getattr(options, name, None) in (None, []):
            setattr(options, name, value)


def again(options):
    folder = pathlib.Path(options.folder).resolve()
    runs = read_runs(folder)
    recall(options, folder)
    with Queue(options) as queue:
        checks.check_time(options)
        changed = changed_inputs(folder)
        if changed:
            raise Refused(f"{folder}: files have changed since it was submitted:\n  " + "\n  ".join(changed) +
                          "\nput them back, or submit an array to another folder")
        states = folders.states_of(folder, runs, options.sbatch)
        left = [number for number, state in enumerate(states) if state.is_over]
        if not left:
            print(f"{folder}: every run is complete or in the queue")
            return
        packs = sorted({number // options.pack for number in left})
        planned = [Planned("", runs[number].config, runs[number].keys, options.ranks, options.nodes) for number in left]
        said = [checks.dry_run(run) for run in checked_of(planned)]
        jobs = submit_packs(queue, options, folder, packs, queue.resources(options.ranks, options.nodes, said))
        waits_for = sorted({state.job for state in states if state.job})
        numbers, merge = submit_merge(queue, options, folder, jobs, waits_for)
        queue.say(f"array {' '.join(numbers)} of {len(left)} of {len(runs)} runs, then merge {merge}",
                  f"next: squeue -j {','.join([*numbers, merge])}; when they are gone: cat {folder}/merge.log")
