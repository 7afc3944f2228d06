#!/usr/bin/env bash
# sbatch cluster/slurm.sh ant --seed 1 --out runs/ant-1
#
# Evolves on whole nodes: a raylet on each, the driver beside the first. The words are those of
# `metahebb evolve`; metahebb and the folder of --out are on a file system that all nodes share.
# Before the time limit the run stops (exit status 75) and the job is requeued; the same line goes
# on, to the same bits. A job that is canceled, or whose run cannot go on, is not requeued.
#
# Not run by us: there was no SLURM. Tested with stand-ins for its commands
# (tests/unit/test_slurm_script.py). See docs/howto/cluster.md.
#
#SBATCH --job-name=metahebb
# Four nodes of 16 cores are 63 workers, which get eight lives each of the ant's popsize of 500. Fewer
# nodes of more cores do the same; more workers would wait (`metahebb evolve ant --estimate`).
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive
#SBATCH --time=12:00:00
#SBATCH --signal=B:TERM@120
#SBATCH --requeue
#SBATCH --open-mode=append
# Results are the same bits on one class of processor only; name yours:
##SBATCH --constraint=...

set -eu
umask 077 # the token is for its owner alone

export RAY_AUTH_MODE=token RAY_USAGE_STATS_ENABLED=0
ray get-auth-token --generate > /dev/null # in ~/.ray/auth_token, which all nodes see
chmod 600 ~/.ray/auth_token

driver='' told=''
pass_on() { [ -z "$driver" ] || kill -TERM "$driver" 2> /dev/null || true; }
trap 'told=x$told; pass_on' TERM

addresses=$(hostname --ip-address)
export head_ip=${addresses%% *} port=${PORT:-6379}

# One core of the first node is the driver's. Binding is off, since a raylet is one task of many
# processes.
# shellcheck disable=SC2016 # each node fills in its own numbers
srun --cpus-per-task="$SLURM_CPUS_ON_NODE" --cpu-bind=none bash -c '
    if [ "$SLURM_NODEID" -eq 0 ]; then
        exec ray start --head --node-ip-address="$head_ip" --port="$port" \
            --num-cpus="$((SLURM_CPUS_ON_NODE - 1))" --dashboard-host=127.0.0.1 --block
    fi
    until (: < "/dev/tcp/$head_ip/$port") 2> /dev/null; do sleep 1; done
    exec ray start --address="$head_ip:$port" --num-cpus="$SLURM_CPUS_ON_NODE" --block
' &
raylets=$!
trap 'kill "$raylets" 2> /dev/null || true' EXIT

until (: < "/dev/tcp/$head_ip/$port") 2> /dev/null; do
    kill -0 "$raylets" # ended already: so does the job
    sleep 1
done

workers=$((SLURM_JOB_NUM_NODES * SLURM_CPUS_ON_NODE - 1))
metahebb evolve "$@" --resume --workers "$workers" --address "$head_ip:$port" &
driver=$!
[ -z "$told" ] || pass_on # of a signal that came before there was a driver

# A signal ends `wait`, and not the driver: wait again until none has come meanwhile.
while :; do
    before=$told status=0
    wait "$driver" || status=$?
    [ "$told" != "$before" ] || break
done

# A signal that comes while Ray starts, or in the final evaluation, ends the driver with another
# status than 75; nothing is lost then, either.
if [ "$status" -eq 75 ] || { [ -n "$told" ] && [ "$status" -ne 0 ]; }; then
    state=$(squeue --noheader --jobs="$SLURM_JOB_ID" --format=%T)
    if [ "$state" = RUNNING ]; then # it is another after scancel, and when SLURM requeues by itself
        scontrol requeue "$SLURM_JOB_ID"
    fi
fi
exit "$status"
