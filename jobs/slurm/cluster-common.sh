# shellcheck shell=bash
# What the job scripts share; they source it. Lines marked SITE differ between clusters.
#
# From the environment, which `jobs/slurm/submit` and `sbatch` pass on:
#   BAYRES   the program (build/release/bayres)
#   LAUNCH   how ranks are started: "mpirun" or "srun --mpi=pmix". Open MPI is mostly built for pmix alone: with pmi2
#            or none it ends in MPI_Init. `srun --mpi=list` names what a cluster has.
#   BAYRES_GRACE    seconds for a checkpoint after SLURM's signal, before a launcher that hangs is ended (90)
#   BAYRES_RETRIES  new starts, in a row without a newer checkpoint, after a rank, a machine or the network failed (2)
#   PYTHON   for analysis/ (python3), with numpy, h5py and matplotlib; pandas for scaling, pandas and scipy to compare learners, xarray and netCDF4 to merge

# SITE: the compiler, MPI and HDF5 that bayres was built with, and a Python
# module purge && module load foss HDF5 matplotlib h5py xarray

BAYRES=${BAYRES:-build/release/bayres}
LAUNCH=${LAUNCH:-mpirun}
BAYRES_GRACE=${BAYRES_GRACE:-90}
BAYRES_RETRIES=${BAYRES_RETRIES:-2}
# The first python3 on PATH, as modules put it there, unless it lacks numpy and the system's own has it.
if [ -z "${PYTHON:-}" ]; then
  PYTHON=python3
  if ! "$PYTHON" -c 'import numpy' 2>/dev/null && /usr/bin/python3 -c 'import numpy' 2>/dev/null; then PYTHON=/usr/bin/python3; fi
fi

# When a job is cancelled or preempted SLURM sends SIGTERM, and SIGKILL after KillWait (mostly 30 s). mpirun kills its ranks
# twice this many seconds after a SIGTERM (default 1), which is short for a checkpoint; but it also waits this long after
# each run that stops with exit code 75. srun leaves them the whole KillWait.
export OMPI_MCA_odls_base_sigkill_timeout=${OMPI_MCA_odls_base_sigkill_timeout:-5}
# srun otherwise waits without end for a rank that is stopped or cannot be reached after the others have ended themselves
# (run.stall_limit). Ranks of a run that is well end together.
export SLURM_WAIT=${SLURM_WAIT:-60}
# SITE: other settings of MPI, such as the network
# export OMPI_MCA_pml=ucx

say() { echo "$(date -u +%FT%TZ) $*"; }

# What `jobs/slurm/submit status` looks for.
end_with() { # CODE
  say "ended with code $1"
  exit "$1"
}

refuse() {
  echo "$*" >&2
  end_with 2
}

# Whether the job would run what was submitted: `jobs/slurm/submit` notes checksums of a configuration and of the files that
# it names beside it.
check_inputs() { # CONFIG
  [ -r "$1" ] || refuse "$1 cannot be read: give the path of a configuration"
  [ -x "$BAYRES" ] || refuse "$BAYRES is not there: build it, or set BAYRES"
  [ ! -e "$1.inputs" ] || "$PYTHON" -B "$(dirname "${BASH_SOURCE[0]}")/campaign/frozen.py" "$1.inputs" || end_with 3
}

# is_complete RESULT: whether it is there, whole, and of a run that came to its end.
is_complete() {
  [ -e "$1" ] && OMPI_MCA_ess_singleton_isolated=1 "$BAYRES" inspect "$1" 2>&1 | grep -q '^  status  *complete$'
}

# The trap of the scripts that can be stopped; they set it in their first line, for SLURM's signal may come at any time.
# SIGUSR1 says that the time limit is near, SIGTERM that the job is cancelled or preempted. Either is passed on to the
# launcher as SIGUSR1, on which a run writes a checkpoint and ends with 75, under mpirun too. A launcher that has just
# been started is given time to get ready. One whose ranks hang is ended after a grace.
pass_on() { # USR1|TERM
  [ "$1" = USR1 ] && asked_to_stop=1
  [ "$1" = TERM ] && terminated=1
  [ -n "${child:-}" ] || return 0
  [ $((SECONDS - launched)) -ge 3 ] || sleep 3
  kill -USR1 "$child" 2>/dev/null
  [ -n "${reaper:-}" ] || { end_launcher "$child" & reaper=$!; }
}

# end_launcher PID: ends it if it is there after the grace. In the background; SIGTERM ends the wait.
end_launcher() {
  trap 'kill "$pause" 2>/dev/null; exit' TERM
  sleep "$BAYRES_GRACE" & pause=$!
  wait "$pause"
  say "no end $BAYRES_GRACE s after the signal, so that ranks, a machine or the network hang: the launcher is ended"
  kill -TERM "$1" 2>/dev/null
  sleep 15 & pause=$!
  wait "$pause"
  kill -KILL "$1" 2>/dev/null
}

# Whether a configuration says itself how often checkpoints are written.
has_checkpoints() { # CONFIG
  grep -Eq '^[[:space:]]*checkpoint_every[[:space:]]*=[[:space:]]*[0-9.]*[1-9]' "$1"
}

# Whether an earlier start of this job has given a run up.
was_given_up() { # RESULT
  [ "$(tail -n 1 "$1.failures" 2>/dev/null)" = "given up in job $SLURM_JOB_ID" ]
}

# run_or_resume RESULT CONFIG [bayres options]: does what is left of a run; returns the exit code, 75 if it stopped with a
# checkpoint. bayres refuses a result or checkpoint of another configuration.
run_or_resume() {
  local result=$1 config=$2 code
  shift 2
  mkdir -p "$(dirname "$result")"
  started=$(date +%s)
  launched=$SECONDS
  say "start ${SLURM_RESTART_COUNT:-0}: $config $*"
  [ ! -e "$result.checkpoint" ] || say "going on from $result.checkpoint"
  # Failures of an earlier job, which has given up, do not count.
  ! grep -qs '^given up' "$result.failures" || rm -f "$result.failures"
  [[ " $* " == *" --run.checkpoint_every="* ]] || has_checkpoints "$config" || set -- --run.checkpoint_every=600 "$@"
  $LAUNCH "$BAYRES" run "$config" -o "$result" --continue "$@" &
  child=$!
  [ "${asked_to_stop:-0}" -eq 0 ] || pass_on USR1
  # In the background the launcher cannot defer the trap. A signal ends `wait` early: wait until the launcher is gone.
  while :; do
    wait "$child"
    code=$?
    kill -0 "$child" 2>/dev/null || break
  done
  child=
  [ -z "${reaper:-}" ] || kill "$reaper" 2>/dev/null
  reaper=
  # srun may hide the exit code of ranks behind 137 or 143: then look for a checkpoint that is newer than this start. So
  # does a launcher that was ended because it hung, and an mpirun that has SLURM's SIGTERM itself, if ranks are slow.
  if [ "${asked_to_stop:-0}${terminated:-0}" != 00 ] && is_failure "$code" && has_newer_checkpoint "$result"; then code=75; fi
  case $code in 0 | 75) rm -f "$result.failures" ;; esac
  return "$code"
}

# Whether the run wrote a checkpoint in this start.
has_newer_checkpoint() { # RESULT
  [ -e "$1.checkpoint" ] && [ "$(stat -c %Y "$1.checkpoint")" -ge "$started" ]
}

# Whether an exit code says that a rank, a machine, the network or the launcher failed. The others are of a run that is
# done, wrong (2), lacks a file or room on a disk (3), has diverged (4) or stopped (75); 126 and 127: no such program.
is_failure() {
  case $1 in 0 | 2 | 3 | 4 | 75 | 126 | 127) return 1 ;; esac
}

# tries_again RESULT CODE: whether a failed run is started once more; RESULT.failures has a line for each failure in a
# row without a newer checkpoint.
tries_again() {
  is_failure "$2" && [ "${terminated:-0}" -eq 0 ] || return 1
  ! has_newer_checkpoint "$1" || rm -f "$1.failures"
  local before=0
  [ ! -e "$1.failures" ] || before=$(wc -l <"$1.failures")
  if [ "$before" -ge "$BAYRES_RETRIES" ]; then
    say "failed $((before + 1)) times without a newer checkpoint (BAYRES_RETRIES=$BAYRES_RETRIES): given up"
    echo "given up in job $SLURM_JOB_ID" >"$1.failures"
    return 1
  fi
  say "code $2" >>"$1.failures"
  say "failed with code $2: start $((before + 1)) of $BAYRES_RETRIES more"
}

# comes_back RESULT CODE: puts the job back into the queue if its run has stopped with a checkpoint, or is to be tried
# again, and says so; else returns 1. A job that was cancelled does not come back; one that is preempted is put back by
# SLURM itself.
comes_back() {
  if [ "$2" -eq 75 ]; then
    [ "${terminated:-0}" -eq 0 ] || [ "${asked_to_stop:-0}" -eq 1 ] || return 1
    say "stopped with a checkpoint: back to the queue"
    explain_stop
  else
    tries_again "$1" "$2" || return 1
  fi
  scontrol requeue "$SLURM_JOB_ID"
}

explain_stop() {
  say "what mpirun, srun or slurmstepd write here of exit code 75, signals or a cancelled step belongs to this stop: nothing is lost"
}

# requeue_or_exit RESULT CODE: ends the job, after it is back in the queue if it is to come back.
requeue_or_exit() {
  ! comes_back "$1" "$2" || exit 0
  end_with "$2"
}
