#!/usr/bin/env python3
"""history.py --seed N --parcels M --out DIR: a dirty made-up history, the same for the same seed: shipments.ndjson, scans.ndjson and, for
some seeds, until.txt. Some scans are set on the limits that the reference finds."""
import argparse, json, os, random
import decode, scenes
from datetime import datetime, timedelta, timezone

from rules import history

HOUR, DAY = scenes.HOUR, scenes.DAY
FOUND = []      # some limits, for until.txt
OFFSETS = [480, 480, 480, 0, -300, 330]


def stamp(rng, t, naive=False):
    offset = rng.choice(OFFSETS)
    at = datetime(1970, 1, 1) + timedelta(milliseconds=t, minutes=offset)
    ms = f".{t % 1000:03}" if t % 1000 or rng.random() < 0.3 else ""
    if rng.random() < 0.1:
        ms = f".{t % 1000:03}" + rng.choice(["9", "999", "4999999"])
    zone = "" if naive else "Z" if offset == 0 else f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
    return at.strftime("%Y-%m-%dT%H:%M:%S") + ms + zone


def within(rng, ms):
    s = ms // 1000
    if ms % 60_000 or rng.random() < 0.2:
        return f"{s}s" if ms % 1000 == 0 else f"{s}s {ms % 1000}ms"
    return rng.choice([f"{s // 3600}h{s // 60 % 60}m", f"{s // 3600}h {s // 60 % 60}min", f"{s // 60}m"])


def shipment_line(rng, parcel_id, x):
    r = {"parcel_id": parcel_id}
    for k, v in x.items():
        if k in ("ordered_at", "shipped_at", "promise", "time"):
            if v is not None:
                r["updated_at" if k == "time" else k] = stamp(rng, v)
        elif k == "route" and v is not None:
            r[k] = [{**m, "within": within(rng, m["within"])} if m.get("within") is not None else {k: y for k, y in m.items() if k != "within"} for m in v]
        elif v is not None:
            r[k] = v
    if rng.random() < 0.05:
        k, v = rng.choice([("promise", "soon"), ("shipped_at", 5), ("service", ["same-city"]), ("route", [1, 2]), ("route", "H01,H02"), ("route", [{"code": "loaded"}]),
                           ("route", [{"hub": "H1"}]), ("consent", "locker"), ("recipient", "Wang"), ("cancelled", "yes"), ("ordered_at", None), ("ordered_at", "2026-03-05"),
                           ("updated_at", "later"), ("parcel_id", 5), ("origin", "H01"), ("promise", None), ("route", None), ("consent", None), ("shipped_at", None)])
        r[k] = v
    if r.get("route") and isinstance(r["route"], list) and isinstance(r["route"][0], dict) and rng.random() < 0.05:
        rng.choice(r["route"]).update(rng.choice([{"within": 7}, {"within": "soon"}, {"within": "3 parsecs"}, {"hub": 7}, {"hub": None}]))
    return json.dumps(r)


def scan_line(rng, parcel_id, x):
    r = {"parcel_id": parcel_id, "code": x["code"], "event_time": stamp(rng, x["event"], x.get("naive"))}
    for k in ("hub", "place_kind", "note"):
        if x.get(k) is not None:
            r[k] = x[k]
    if x["upload"] is not None:
        r["upload_time"] = stamp(rng, x["upload"])
    if rng.random() < 0.02:
        k, v = rng.choice([("event_time", None), ("event_time", "2026-03-05"), ("code", "loaded"), ("hub", None), ("hub", 7), ("upload_time", "yesterday"), ("upload_time", 17),
                           ("upload_time", None), ("upload_time", "2026-03-05T10:00:00"), ("device", []), ("next_hub", {}), ("reason", 5), ("place_kind", 5), ("parcel_id", ""), ("parcel_id", "a\tb"),
                           ("parcel_id", "x" * 65)])
        r[k] = v
    return json.dumps(r)


def limits(shipments, scans):
    """The limits that this parcel meets, by the reference."""
    read = [(r[1], (0, n), r[2]) for n, r in enumerate(map(decode.shipment, shipments)) if r]
    read += [(s.time, (1, *s.rank, n), s) for n, s in enumerate(map(decode.scan, scans)) if s]
    read.sort(key=lambda x: x[:2])
    if not read:
        return []
    return sorted({c[k] for c in history([(t, x) for t, _, x in read], read[-1][0] + 10 * DAY, 30 * scenes.MIN) for k in ("limit", "at")})


def parcel(rng, parcel_id):
    make = rng.choices([scenes.plausible, scenes.soup, scenes.many], [60, 40, 0.4])[0]
    shipments, scans = make(rng)
    lines = [shipment_line(rng, parcel_id, x) for x in shipments], [scan_line(rng, parcel_id, x) for x in scans]
    if rng.random() < 0.6 and make is not scenes.many:
        for _ in range(rng.choice([1, 1, 2, 4])):
            found = limits(*lines)
            if found:
                FOUND.append(rng.choice(found))
                t = rng.choice(found) + rng.choice([-1, 0, 0, 0, 1])
                s = scenes.scan(rng, rng.choice(scenes.ALL), t, rng.choice(["H01", "H02", "X1", *(x["hub"] for x in scans if x["hub"])]))
                s["upload"] = rng.choice([None, t, t + 1, t + HOUR, rng.choice(found), rng.choice(found) + 1])
                if rng.random() < 0.3:                                  # the record, not the event, meets the limit
                    s["event"], s["upload"] = t - rng.randrange(0, 20 * HOUR), t
                if rng.random() < 0.15 and shipments:
                    lines[0].append(shipment_line(rng, parcel_id, {**rng.choice(shipments), "time": t}))
                lines[1].append(scan_line(rng, parcel_id, s))
    return lines


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--seed", type=int, required=True)
    args.add_argument("--parcels", type=int, default=900)
    args.add_argument("--out", required=True)
    o = args.parse_args()
    rng = random.Random(o.seed)
    shipments, scans = [], ["[]", "null", '"x"', '{"parcel_id":', ""]
    for n in range(o.parcels):
        a, b = parcel(rng, f"T{o.seed:03}{n:07}")
        shipments += a + [x for x in a if rng.random() < 0.03]
        scans += b
    os.makedirs(o.out, exist_ok=True)
    for name, lines in (("shipments", shipments), ("scans", scans)):
        rng.shuffle(lines)
        with open(os.path.join(o.out, name + ".ndjson"), "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")
    until = os.path.join(o.out, "until.txt")
    if o.seed % 3 == 0:
        with open(until, "w") as f:
            f.write(stamp(rng, rng.choice([scenes.START + 400 * DAY, rng.choice(FOUND or [scenes.START]) + rng.choice([-1, 0, 1])])))
    elif os.path.exists(until):
        os.remove(until)


if __name__ == "__main__":
    main()
