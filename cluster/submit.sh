#!/usr/bin/env bash
# cluster/submit.sh ant --seed 1 --workers 60 --out "$PWD/runs/ant-1"
#
# Evolves as a Ray job: the driver runs on the head and needs no terminal that stays open. The words
# are those of `metahebb evolve`; --out is an absolute path on the head. A Ray job is tried once: to
# go on after `ray job stop`, or a head that was lost, give the same line again.
#
# RAY_API_SERVER_ADDRESS names the job server, by default the one of this machine. It listens to
# its own machine only; from elsewhere: ssh -L 8265:127.0.0.1:8265 HEAD. The token is that of
# ~/.ray/auth_token or RAY_AUTH_TOKEN_PATH. Needs `pip install metahebb[jobs]` on all nodes and here.
# See docs/howto/cluster.md.

set -eu
export RAY_AUTH_MODE=token
export RAY_API_SERVER_ADDRESS=${RAY_API_SERVER_ADDRESS:-http://127.0.0.1:8265}

# Ray gives a job that it stops 3 seconds by default; saving may take longer.
exec ray job submit --runtime-env-json '{"env_vars": {"RAY_JOB_STOP_WAIT_TIME_S": "60"}}' \
    -- metahebb evolve "$@" --resume --address auto
