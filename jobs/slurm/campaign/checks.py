"""What is looked at before anything is queued: program, launcher, configuration, cost, and what the cluster has."""

import os
import pathlib
import re
import shlex
import shutil
import subprocess

from . import Refused

BLOCK = 64  # neurons; ranks hold whole blocks
MOST_SHOWN = 4  # runs whose cost is shown
LEAD = 120  # seconds before the limit at which the scripts ask SLURM for a signal
BYTES = {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15}
MEMORY_MARGIN = 1.25  # over the predicted memory, and OTHER_MEMORY for what MPI keeps for itself
OTHER_MEMORY = 64 << 20


def said_by(*command, **more):
    """What a command prints, or None if it is not there or fails."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              universal_newlines=True, **more)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def program(name="BAYRES", default="build/release/bayres", installed="bayres"):
    """The path of a program: what is set, or `default`, or `installed` on PATH ("": that does not do)."""
    given = os.environ.get(name)
    word = given or default
    found = shutil.which(os.path.abspath(word)) or shutil.which(given or installed)
    if not found:
        raise Refused(f"{pathlib.Path(word).resolve()} is not there: build it, or set {name}")
    return pathlib.Path(found).resolve()


def configuration(path):
    """The path of a configuration, checked; it is a word of a line of tasks.tsv."""
    path = pathlib.Path(path).resolve()
    if not os.access(path, os.R_OK) or path.is_dir():
        raise Refused(f"{path} cannot be read: give the path of a configuration")
    return path


def check_launcher():
    """Refuses a launcher that is not there, or under which ranks would not find each other."""
    launch = os.environ.get("LAUNCH", "mpirun").split()
    if not launch or not shutil.which(launch[0]):
        raise Refused(f"LAUNCH={' '.join(launch)}: {launch[0] if launch else 'nothing'} is not there: "
                      "give mpirun, or srun --mpi=pmix")
    if launch[0] == "srun":
        return check_srun([word.split("=", 1)[1] for word in launch if word.startswith("--mpi=")])
    if said_by(launch[0], "--version") is None:
        raise Refused(f"LAUNCH={' '.join(launch)}: {launch[0]} --version fails: load the module of MPI")
    return None


def check_srun(named):
    """Open MPI's ranks find each other under srun through PMIx alone, unless it was built for more."""
    listed = subprocess.run(["srun", "--mpi=list"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            universal_newlines=True)
    if listed.returncode != 0:
        raise Refused(f"srun --mpi=list: {listed.stdout.strip()}", 1)
    there = " ".join(listed.stdout.split())
    if named and named[0] not in re.findall(r"\w+", listed.stdout):
        raise Refused(f"LAUNCH: this SLURM has no --mpi={named[0]}. {there}")
    used = named[0] if named else setting("MpiDefault")
    if used == "none":
        raise Refused(f"LAUNCH: with {'--mpi=none' if named else 'srun alone, whose MpiDefault is none,'} each rank would "
                      f"start as a job of its own: give srun --mpi=pmix. {there}")


def setting(name):
    """A setting of this SLURM, or None."""
    found = re.search(rf"^{name}\s*=\s*(\S+)", said_by("scontrol", "show", "config") or "", re.MULTILINE)
    return found.group(1) if found else None


# ---- time

def seconds_of(text):
    """A time limit as SLURM writes it, in seconds: minutes, M:S, H:M:S, D-H, D-H:M, D-H:M:S. None: no limit, or not known."""
    found = re.match(r"^(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?$", text.strip())
    if not found:
        return None
    days, *parts = found.groups()
    parts = [int(part) for part in parts if part is not None]
    if days is None and len(parts) < 3:
        parts = [0, *parts]
    hours, minutes, seconds = (parts + [0, 0])[:3]
    return ((int(days or 0) * 24 + hours) * 60 + minutes) * 60 + seconds


def option_of(words, *names):
    """The value of the last option of these names among words for sbatch, or None."""
    value = None
    for place, word in enumerate(words):
        for name in names:
            if word.startswith(name + "="):
                value = word[len(name) + 1:]
            elif word == name and place + 1 < len(words):
                value = words[place + 1]
            elif len(name) == 2 and word.startswith(name) and word != name:
                value = word[2:]
    return value


def lead_of(sbatch):
    """Seconds before the limit at which SLURM signals a job."""
    found = re.search(r"@(\d+)$", option_of(sbatch, "--signal") or "")
    return int(found.group(1)) if found else LEAD


def check_time(options):
    """Refuses a limit that ends before SLURM's warning of it has been heard."""
    limit = option_of(options.sbatch, "-t", "--time") or options.time
    lead = lead_of(options.sbatch)
    seconds = seconds_of(limit) if limit else None
    if limit and seconds is None and limit.upper() not in ("UNLIMITED", "INFINITE"):
        raise Refused(f"-t {limit} is no time limit of SLURM: write minutes, M:S, H:M:S or D-H:M:S, such as 12:00:00")
    if seconds and seconds <= lead:
        raise Refused(f"-t {limit} is {seconds} s, and SLURM warns a job {lead} s before its limit, so that it would be "
                      f"stopped as it starts: give at least {-(-(lead + 60) // 60)} minutes, or a shorter warning, "
                      "such as -- --signal=B:USR1@30")


# ---- what the cluster has

def partitions():
    """{name: (cores of a node, nodes)} of this SLURM; the default has the name None too."""
    found = {}
    for line in (said_by("sinfo", "-h", "-o", "%P|%c|%D") or "").splitlines():
        name, cores, nodes = line.split("|")
        cores, nodes = int(cores.rstrip("+")), int(re.sub(r"\D", "", nodes) or 0)
        before = found.get(name.rstrip("*"), (0, 0))
        found[name.rstrip("*")] = (max(cores, before[0]), nodes + before[1])
        if name.endswith("*"):
            found[None] = found[name.rstrip("*")]
    return found


def check_size(ranks, nodes, sbatch, known):
    """Refuses more ranks than the partition has cores, or a node, if nodes are given."""
    name = option_of(sbatch, "-p", "--partition") or os.environ.get("SBATCH_PARTITION")
    if name not in known:
        return
    cores, there = known[name]
    where = f"partition {name}" if name else "the default partition"
    if ranks > cores * there:
        raise Refused(f"-n {ranks}: {where} has {cores * there} cores ({there} nodes of {cores}): give fewer ranks")
    if nodes and nodes > there:
        raise Refused(f"--nodes {nodes}: {where} has {there} nodes")
    if nodes and ranks > cores * nodes:
        raise Refused(f"-n {ranks} --nodes {nodes}: a node of {where} has {cores} cores: give --nodes {-(-ranks // cores)}")


def idle_ranks(said, ranks):
    """A note if ranks would have no neurons, from what a dry run said."""
    neurons = re.search(r"^neurons (\d+)", said)
    networks = re.search(r"^networks: (\d+)", said, re.MULTILINE)
    if not neurons:
        return ""
    blocks = -(-int(neurons.group(1)) // BLOCK) * (int(networks.group(1)) if networks else 1)
    return "" if ranks <= blocks else (f"note: {ranks} ranks, but {neurons.group(1)} neurons are {blocks} blocks of {BLOCK}: "
                                       f"{ranks - blocks} ranks would have none: -n {blocks} is as fast")


def memory_per_cpu(said):
    """MiB to ask for, from the memory of a rank in what a dry run said; None if it said nothing of it."""
    found = re.search(r"^memory per rank: (\S+) (\wB|B)", said, re.MULTILINE)
    if not found:
        return None
    needed = float(found.group(1)) * BYTES[found.group(2)]
    return int(-(-(MEMORY_MARGIN * needed + OTHER_MEMORY) // (1 << 20)))


# ---- dry runs

class Planned:
    """A run to be checked: `what` it is called, its configuration, keys, ranks and nodes, and the result if it is known."""

    def __init__(self, what, config, keys, ranks, nodes, result=None):
        self.what, self.config, self.keys = what, config, keys
        self.ranks, self.nodes, self.result = ranks, nodes, result

    @property
    def kind(self):
        """What its cost depends on: seeds and replicas do not change it."""
        same = re.compile(r"^--run\.(seed|replica)=\d{1,9}$")
        return (self.config, *(key for key in self.keys if not same.match(key)), self.ranks)


def dry_run(run):
    """What `bayres run --dry-run` says of a run: its cost, the files that it reads; with a result also whether it may go on."""
    command = shlex.split(os.environ.get("LOGIN_LAUNCH", ""))
    command += [str(program()), "run", str(run.config), *run.keys, "--dry-run", "--ranks", str(run.ranks)]
    command += ["--nodes", str(run.nodes)] if run.nodes else []
    command += ["-o", str(run.result), "--continue"] if run.result else []
    # A rank that is started directly asks for no daemon of Open MPI.
    environment = {"OMPI_MCA_ess_singleton_isolated": "1", **os.environ}
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, universal_newlines=True)
    if done.returncode != 0:
        raise Refused(f"{done.stderr.strip()}\nrefused by: {' '.join(map(shlex.quote, command))}", done.returncode)
    return done.stdout.rstrip()


def print_costs(runs, chosen=None):
    """Checks one run of each kind (or of those that are `chosen`) and says what they will cost: [(run, what was said)]."""
    checked, seen, notes = [], set(), []
    for run in runs if chosen is None else chosen:
        if run.kind in seen:
            continue
        seen.add(run.kind)
        said = dry_run(run)
        if len(checked) < MOST_SHOWN:
            print(f"{run.what}:\n" + "\n".join(f"  {line}" for line in said.splitlines()))
        checked.append((run, said))
        notes.append(idle_ranks(said, run.ranks))
    for note in dict.fromkeys(filter(None, notes)):
        print(note)
    others = len(runs) - min(len(checked), MOST_SHOWN)
    if others and seen.issuperset(run.kind for run in runs):
        print(f"{others} others were checked too, with {len(checked)} dry runs in all: runs that differ in the seed alone cost "
              "the same")
    elif others:
        print(f"{others} others were looked at by each value of each key, and the largest values together, with {len(checked)} "
              "dry runs in all")
    return checked
