#!/usr/bin/env bash
# check.sh BIN SEEDS...: for each seed, a made-up history; `BIN replay` against the reference. Prints the first differences.
# Environment: ONLY=cond,cond (default all); PARCELS (900); CONFIG (default: an empty file); GRACE, minutes (must be what CONFIG says; 30); KEEP=DIR keeps the
# histories; COMPARE, path of compare.py; EXAMPLES (3).
# Exit code: 0 all agree, 1 some differ, 2 something failed.
set -u
here=$(cd "$(dirname "$0")" && pwd)
compare=${COMPARE:-$here/../../../shared/data/rules/compare.py}
[ $# -ge 2 ] || { sed -n 2,5p "$0" >&2; exit 2; }
bin=$1
shift
dir=${KEEP:-$(mktemp -d)}
[ -n "${KEEP:-}" ] || trap 'rm -rf "$dir"' EXIT
result=0
for seed; do
    h=$dir/$seed
    python3 "$here/history.py" --seed "$seed" --parcels "${PARCELS:-900}" --out "$h" || exit 2
    config=${CONFIG:-$h/empty.toml}
    [ -n "${CONFIG:-}" ] || : > "$config"
    until=()
    [ -f "$h/until.txt" ] && until=(--until "$(cat "$h/until.txt")")
    python3 "$here/rules.py" "$h/shipments.ndjson" "$h/scans.ndjson" --grace-overdue "${GRACE:-30}" "${until[@]}" > "$h/conditions.ndjson" || exit 2
    if ! "$bin" replay --config "$config" --shipments "$h/shipments.ndjson" --scans "$h/scans.ndjson" --conditions "$h/ours.ndjson" "${until[@]}" > "$h/log" 2>&1; then
        echo "seed $seed: replay failed: $(tail -3 "$h/log")"
        exit 2
    fi
    out=$(python3 "$compare" "$h/ours.ndjson" "$h/conditions.ndjson" --at --milestone --only "${ONLY:-}" --examples "${EXAMPLES:-3}")
    case $? in
        0) echo "seed $seed: equal: $out" ;;
        1) result=1; echo "seed $seed: A is the binary, B the reference"; echo "$out" ;;
        *) exit 2 ;;
    esac
done
exit $result
