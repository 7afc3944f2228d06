#!/usr/bin/env bash
# sbatch cluster/slurm-array.sh ant
#
# Evolves one run for each seed of --array, each on cores of one node: threads, and no Ray. The
# words are those of `metahebb evolve`. Seed 3 of the job that is called ant goes to runs/ant-3,
# on a file system that all nodes share. Before the time limit a run stops (exit status 75), and its
# job is requeued: it goes on, to the same bits. A job that is canceled is not requeued.
#
# Not run by us: there was no SLURM. Tested with stand-ins for its commands
# (tests/unit/test_slurm_array.py). See docs/howto/cluster.md.
#
#SBATCH --job-name=ant
#SBATCH --array=0-4
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=16
#SBATCH --mem=2G
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@120
#SBATCH --requeue
#SBATCH --open-mode=append
# Fill in what your cluster asks for, and take one # away. The constraint names one class of
# processor, on which results are the same bits:
##SBATCH --account=...
##SBATCH --partition=...
##SBATCH --constraint=...

run='' told=''
trap 'told=x$told; [ -z "$run" ] || kill -TERM "$run" 2> /dev/null || true' TERM
metahebb evolve "$@" --seed "$SLURM_ARRAY_TASK_ID" --threads "$SLURM_CPUS_PER_TASK" \
    --out "runs/$SLURM_JOB_NAME-$SLURM_ARRAY_TASK_ID" --resume &
run=$!
while :; do # a signal ends `wait`, and not the run: wait again
    before=$told status=0
    wait "$run" || status=$?
    [ "$told" != "$before" ] || break
done
job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID # the other ids may mean the whole array
if [ "$status" -eq 75 ] || { [ -n "$told" ] && [ "$status" -ne 0 ]; }; then
    # The state is another one after scancel, and where SLURM requeues by itself.
    [ "$(squeue --noheader --jobs="$job" --format=%T)" != RUNNING ] || scontrol requeue "$job"
fi
exit "$status"
