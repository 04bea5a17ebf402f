# shellcheck shell=bash
# What the job scripts share; they source it. Lines marked SITE differ between clusters.
#
# From the environment, which `jobs/slurm/submit` and `sbatch` pass on:
#   BAYRES   the program (build/release/bayres)
#   LAUNCH   how ranks are started: "mpirun" or "srun --mpi=pmix". Open MPI is mostly built for pmix alone: with pmi2
#            or none it ends in MPI_Init. `srun --mpi=list` names what a cluster has.
#   PYTHON   for analysis/ (python3), with numpy, h5py and matplotlib; pandas for scaling, xarray and netCDF4 to merge

# SITE: the compiler, MPI and HDF5 that bayres was built with, and a Python
# module purge && module load foss HDF5 matplotlib h5py xarray

BAYRES=${BAYRES:-build/release/bayres}
LAUNCH=${LAUNCH:-mpirun}
# The first python3 on PATH, as modules put it there, unless it lacks numpy and the system's own has it.
if [ -z "${PYTHON:-}" ]; then
  PYTHON=python3
  if ! "$PYTHON" -c 'import numpy' 2>/dev/null && /usr/bin/python3 -c 'import numpy' 2>/dev/null; then PYTHON=/usr/bin/python3; fi
fi

# When a job is cancelled or preempted SLURM sends SIGTERM, and SIGKILL after KillWait (mostly 30 s). mpirun kills its ranks
# twice this many seconds after a SIGTERM (default 1), which is short for a checkpoint; but it also waits this long after
# each run that stops with exit code 75. srun leaves them the whole KillWait.
export OMPI_MCA_odls_base_sigkill_timeout=${OMPI_MCA_odls_base_sigkill_timeout:-5}
# SITE: other settings of MPI, such as the network
# export OMPI_MCA_pml=ucx

say() { echo "$(date -u +%FT%TZ) $*"; }

refuse() {
  echo "$*" >&2
  exit 2
}

check_inputs() { # CONFIG
  [ -r "$1" ] || refuse "$1 cannot be read: give the path of a configuration"
  [ -x "$BAYRES" ] || refuse "$BAYRES is not there: build it, or set BAYRES"
}

# is_complete RESULT: whether it is there, whole, and of a run that came to its end.
is_complete() {
  [ -e "$1" ] && OMPI_MCA_ess_singleton_isolated=1 "$BAYRES" inspect "$1" 2>&1 | grep -q '^  status  *complete$'
}

# The trap of the scripts that can be stopped; they set it in their first line, for SLURM's signal may come at any time.
# SIGUSR1 says that the time limit is near, SIGTERM that the job is cancelled or preempted. Either is passed on to the
# launcher as SIGUSR1, on which a run writes a checkpoint and ends with 75, under mpirun too. A launcher that has just
# been started is given time to get ready.
pass_on() { # USR1|TERM
  [ "$1" = USR1 ] && asked_to_stop=1
  [ "$1" = TERM ] && terminated=1
  [ -n "${child:-}" ] || return 0
  [ $((SECONDS - launched)) -ge 3 ] || sleep 3
  kill -USR1 "$child" 2>/dev/null
}

# run_or_resume RESULT CONFIG [bayres options]: goes on from RESULT.checkpoint if it is there, else begins; returns the
# exit code, 75 if the run stopped with a checkpoint.
run_or_resume() {
  local result=$1 config=$2 code
  shift 2
  mkdir -p "$(dirname "$result")"
  started=$(date +%s)
  launched=$SECONDS
  if [ -e "$result.checkpoint" ]; then
    say "start ${SLURM_RESTART_COUNT:-0}: going on from $result.checkpoint"
    $LAUNCH "$BAYRES" resume "$result.checkpoint" &
  else
    say "start ${SLURM_RESTART_COUNT:-0}: $config $*"
    [[ " $* " == *" --run.checkpoint_every="* ]] || set -- --run.checkpoint_every=600 "$@"
    $LAUNCH "$BAYRES" run "$config" -o "$result" --force "$@" &
  fi
  child=$!
  [ "${asked_to_stop:-0}" -eq 0 ] || pass_on USR1
  # In the background the launcher cannot defer the trap. A signal ends `wait` early: wait until the launcher is gone.
  while :; do
    wait "$child"
    code=$?
    kill -0 "$child" 2>/dev/null || break
  done
  child=
  # srun may hide the exit code of ranks behind 137 or 143: then look for a checkpoint that is newer than this start.
  if [ "${asked_to_stop:-0}" -eq 1 ] && [ "$code" -ge 128 ] && [ -e "$result.checkpoint" ] &&
    [ "$(stat -c %Y "$result.checkpoint")" -ge "$started" ]; then
    code=75
  fi
  return "$code"
}

# requeue_or_exit CODE: ends the job; if its run has stopped with a checkpoint, after it is back in the queue.
# A job that was cancelled does not come back; one that is preempted is put back by SLURM itself.
requeue_or_exit() {
  if [ "$1" -eq 75 ] && { [ "${terminated:-0}" -eq 0 ] || [ "${asked_to_stop:-0}" -eq 1 ]; }; then
    say "stopped with a checkpoint: back to the queue"
    scontrol requeue "$SLURM_JOB_ID"
    exit 0
  fi
  say "ended with code $1"
  exit "$1"
}
