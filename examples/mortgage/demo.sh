#!/bin/sh
# The whole loop on one machine: register a real model, pass an honest batch, refuse a biased one and a worse model.
# `make demo` runs it with the project's virtual environment on the PATH.
set -eu
cd "$(dirname "$0")/../.."

DEMO=.demo
STATE="$DEMO/state"
DATA="$DEMO/data"
PAGE="$DEMO/report.html"
OVER_TIME="$DEMO/risk.html"
started=$(date +%s)

say() {
    printf '\n== %s\n' "$*"
}

show() {
    printf '$ sagemaker-monitor %s\n' "$*"
    sagemaker-monitor "$@"
}

# expect CODE COMMAND ...: the command must end with exactly this exit code.
expect() {
    wanted=$1
    shift
    code=0
    show "$@" || code=$?
    if [ "$code" -ne "$wanted" ]; then
        printf '\nthe demo expected exit code %s and got %s; the emulator is left running for a look: sagemaker-monitor local status --state-dir %s\n' \
            "$wanted" "$code" "$STATE" >&2
        exit 1
    fi
    printf '(exit code %s, as expected)\n' "$code"
}

say "a fresh emulator: SageMaker on loopback, with no AWS account"
sagemaker-monitor local down --state-dir "$STATE" --quiet
sagemaker-monitor local reset --state-dir "$STATE" --quiet
expect 0 local up --state-dir "$STATE"

say "the example: real mortgage applications, a model trained on them, an honest batch and a biased one"
python examples/mortgage/prepare.py --output "$DATA"

say "upsert: build the pipelines offline and create what is not there"
expect 0 upsert --env local --model mortgage

say "register the first version: nothing to compare with yet, so its baselines are established"
expect 0 run register --model mortgage --mode bootstrap \
    --artifact "$DATA/model.tar.gz" --baseline-data "$DATA/validation.csv"
expect 0 gate mortgage --version 1 --apply

say "a batch arrives; its inputs hold, and its labels will be weeks late"
expect 0 run monitor-batch --model mortgage --input "$DATA/batch-late.csv"

say "weeks later the labels are there, and only they tell: refused, exit code 10"
expect 0 ground-truth put "$DATA/labels-late.csv" --model mortgage --key application_id
expect 10 run monitor-ground-truth --model mortgage

say "an honest batch that came with its labels: it passes"
expect 0 run monitor-batch --model mortgage --input "$DATA/batch-honest.csv" --labels "$DATA/labels-honest.csv"

say "a batch in which bias has grown beyond what chance explains: refused"
expect 10 run monitor-batch --model mortgage --input "$DATA/batch-shifted.csv" --labels "$DATA/labels-shifted.csv"

say "a batch whose incomes and obligations have drifted: refused before any label exists"
arn=$(show run monitor-batch --model mortgage --input "$DATA/batch-drifted.csv" --detach | tail -n 1)
expect 10 follow "$arn"
expect 0 report mortgage --execution "$arn" --format html -o "$PAGE"

say "a second candidate that is more biased: refused, and no version is registered"
expect 10 run register --model mortgage --mode check \
    --artifact "$DATA/worse-model.tar.gz" --baseline-data "$DATA/validation.csv"
expect 2 gate mortgage --version 2

say "the model over time: every run of this demo on one page"
expect 0 report mortgage --last 20 -o "$OVER_TIME"

sagemaker-monitor local down --state-dir "$STATE" --quiet
say "done in $(($(date +%s) - started)) seconds; the page about the refused batch: $(pwd)/$PAGE, about the model: $(pwd)/$OVER_TIME"
