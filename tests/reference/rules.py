#!/usr/bin/env python3
"""An independent reading of rules.md: conditions of a history, without delay_predicted, hub_dark and feed_dark.
usage: rules.py SHIPMENTS SCANS [--until T] [--grace-overdue MINUTES] > conditions.ndjson"""
import argparse, heapq, json, sys
from datetime import datetime, timezone
from itertools import groupby
import decode
from parcel import Parcel


def inputs(shipments, scans):
    """(time, rank at equal times, parcel_id, record), rejected records left out."""
    for n, line in enumerate(open(shipments, encoding="utf-8")):
        r = decode.shipment(line)
        if r:
            yield r[1], (0, n), r[0], r[2]
    for n, line in enumerate(open(scans, encoding="utf-8")):
        s = decode.scan(line)
        if s:
            yield s.time, (1, *s.rank, n), s.parcel_id, s


def show(t):
    return datetime.fromtimestamp(t // 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{t % 1000:03}Z"


def history(records, until, grace):
    """The changes of one parcel id; records: (time, record) in order."""
    return follow(records, until, grace)[0]


def follow(records, until, grace):
    """The same, and the parcel as it is at last; None where it is forgotten."""
    written, parcel = [], None
    for now, group in groupby(records, key=lambda x: x[0]):
        if parcel:
            parcel.advance(now)
            parcel = None if parcel.forgotten else parcel
        for _, record in group:
            shipment = isinstance(record, dict)
            if getattr(record, "is_choice", False):
                if parcel:
                    parcel.choice(record, now)
                continue
            if parcel is None:
                parcel = Parcel(1, None, written, grace)
            elif shipment and parcel.starts_anew(record):
                parcel = parcel.next_journey(now)
            (parcel.shipment if shipment else parcel.scan)(record, now)
        if parcel is None:
            continue
        parcel.limits_made_to_pass(now)
    if parcel:
        parcel.advance(until)
    return written, None if parcel is None or parcel.forgotten else parcel


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("shipments")
    args.add_argument("scans")
    args.add_argument("--until")
    args.add_argument("--grace-overdue", type=int, default=30)
    o = args.parse_args()
    until = decode.zoned(o.until) if o.until else None
    records = sorted((x for x in inputs(o.shipments, o.scans) if until is None or x[0] <= until), key=lambda x: (x[0], x[1]))
    by_parcel = {}
    for time, _, parcel_id, record in records:
        by_parcel.setdefault(parcel_id, []).append((time, record))
    if until is None:
        until = records[-1][0] if records else 0
    out = []
    for parcel_id, its in by_parcel.items():
        out += [(c["at"], parcel_id, n, c) for n, c in enumerate(history(its, until, o.grace_overdue * 60_000))]
    for at, parcel_id, _, c in sorted(out, key=lambda x: x[:3]):
        c = {"parcel_id": parcel_id, **c, "at": show(at), "limit": show(c["limit"])}
        print(json.dumps(c, ensure_ascii=False))


if __name__ == "__main__":
    main()
