#!/bin/sh
# verify_unit.sh user|system FILE HIGHEST-EXPOSURE
# systemd's own check of a unit, and a bound on how open it leaves the system (0 to
# 100; `systemd-analyze security`), so that no line of its protection gets lost.
set -eu
kind=$1 unit=$2 highest=$3

command -v systemd-analyze >/dev/null || {
  echo "systemd-analyze is missing: apt-get install systemd" >&2
  exit 1
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# A user's manager wants a runtime folder, and a check wants the program installed.
export XDG_RUNTIME_DIR="$scratch"
grep -q '^ExecStart=/usr/bin/commd' "$unit"
sed 's|^ExecStart=/usr/bin/commd|ExecStart=/bin/true|' "$unit" >"$scratch/commd.service"

set -- --no-pager
[ "$kind" = user ] && set -- "$@" --user
problems=$(systemd-analyze "$@" verify --man=no --recursive-errors=no "$scratch/commd.service" 2>&1) ||
  problems="$problems
systemd-analyze refuses the unit"
if [ -n "$problems" ]; then  # unknown keys are only warnings for systemd
  echo "$problems" >&2
  exit 1
fi
# There is no offline report for a user's manager; the same lines are rated for the system's.
systemd-analyze --no-pager security --offline=true --threshold="$highest" \
  "$scratch/commd.service" >"$scratch/report" || {
  cat "$scratch/report" >&2
  exit 1
}
tail -n 1 "$scratch/report"
