#!/usr/bin/env python3
"""truth.py DIR --at MS [--read MS] [--grace-overdue MINUTES]: what is true of the parcels of a history made by shifted.py at an instant, one line each: a
condition that is open (`kind`, `level`, `episode`), or `collection` where a parcel waits to be collected. `shell`, `held` and `returning` say
what else matters to who is told. --read leaves out the records that come later: what would be true had nothing come since."""
import argparse, json, os
import decode
from rules import follow


def records(folder, read):
    for line in open(os.path.join(folder, "records.ndjson"), encoding="utf-8"):
        r = json.loads(line)
        if not r["rejected"] and (read is None or r["time"] <= read):
            shipment = r["topic"] == "shipments.v1"
            yield r["key"], (r["time"], decode.shipment(r["line"])[2] if shipment else decode.scan(r["line"]))


def truth(parcel_id, parcel):
    held = parcel.is_open("held") or parcel.is_open("customs_held")
    base = {"parcel_id": parcel_id, "journey": parcel.journey, "shell": parcel.ship is None, "held": held, "returning": "returning" in parcel.newest}
    for (condition, key), opened in parcel.open.items():
        yield {**base, "kind": condition, "level": parcel.level(condition, opened.step), "episode": opened.episode, "milestone": key}
    if parcel.awaiting is not None and parcel.end is None:
        yield {**base, "kind": "collection", "level": "info", "episode": 0, "milestone": None}


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("dir")
    args.add_argument("--at", type=int, required=True, help="milliseconds since 1970")
    args.add_argument("--read", type=int, help="milliseconds since 1970")
    args.add_argument("--grace-overdue", type=int, default=30, help="minutes")
    o = args.parse_args()
    by_parcel = {}
    for key, record in records(o.dir, o.read):
        by_parcel.setdefault(key, []).append(record)
    for key, its in by_parcel.items():
        parcel = follow(its, o.at, o.grace_overdue * 60_000)[1]
        for true in truth(key, parcel) if parcel else []:
            print(json.dumps(true))


if __name__ == "__main__":
    main()
