#!/usr/bin/env python3
"""shifted.py SHIPMENTS SCANS --now MS --out DIR: the history as if it had ended yesterday, ready to be told through Apache Kafka.

All times are moved by the same whole days. Every shipment gets one of --merchants merchants and one of --recipients recipients, with mail. DIR
then holds shipments.ndjson and scans.ndjson, in the order of the given files, and records.ndjson: every line with its topic, key and time
in replay's order, those that are to be rejected among them. --keep leaves out what comes after that part of the records. With --through-now it goes
on up to now instead, and nothing was recorded from --quiet FROM to TO (milliseconds since 1970). Left out are scans
to which only a broker's timestamp gives a time: replay has none."""
import argparse, json, os, re, zlib
from datetime import datetime, timedelta
import decode

DAY = 24 * 3600 * 1000
TIMES = ("ordered_at", "shipped_at", "promise", "updated_at", "event_time", "upload_time", "free_until")
DATE = re.compile(r"\d{4}-\d\d-\d\d(?=[Tt])")
READ = {"shipments.v1": decode.shipment, "scans.v1": decode.scan}


def moved(text, days):
    try:
        return DATE.sub(lambda m: (datetime.strptime(m[0], "%Y-%m-%d") + timedelta(days)).strftime("%Y-%m-%d"), text)
    except ValueError:                      # 2026-02-30
        return text


def line_moved(line, days, change):
    try:
        r = json.loads(line)
    except ValueError:
        return line
    if not isinstance(r, dict):
        return line
    for name in TIMES:
        if isinstance(r.get(name), str):
            r[name] = moved(r[name], days)
    change(r)
    return json.dumps(r, ensure_ascii=False)


def known_by(o):
    def change(r):
        number = zlib.crc32(str(r.get("parcel_id")).encode())
        recipient = r.get("recipient") if isinstance(r.get("recipient"), dict) else {}
        n = number // o.merchants % o.recipients
        r["merchant"] = f"M-{number % o.merchants}"
        r["recipient"] = {**recipient, "id": f"c-{n}", "email": f"r{n}@example.com", "locale": "en"}
    return change


def timeless(line):
    """A scan without zone and upload_time."""
    r = decode.load(line)
    stamp = decode.time(r.get("event_time")) if r else None
    return stamp is not None and stamp.offset is None and decode.zoned(r.get("upload_time")) is None


def in_order(topic, lines):
    """(time, rank, topic, key, line, whether it is to be rejected), in any order"""
    read = [READ[topic](line) for line in lines]
    times = sorted(time(topic, r) for r in read if r)
    for n, (line, r) in enumerate(zip(lines, read)):
        if r is None:
            # It moves no time that the others do not move; where it stands is nobody's business.
            yield times[n * 7919 % len(times)], (2, n), topic, f"? {n}", line, True
        elif topic == "shipments.v1":
            yield r[1], (0, n), topic, r[0], line, False
        else:
            yield r.time, (1, *r.rank, n), topic, r.parcel_id, line, False


def time(topic, r):
    return r[1] if topic == "shipments.v1" else r.time


def all_in_order(lines):
    return sorted((record for topic, its in lines.items() for record in in_order(topic, its)), key=lambda x: x[:2])


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("shipments")
    args.add_argument("scans")
    args.add_argument("--now", type=int, required=True, help="milliseconds since 1970")
    args.add_argument("--keep", type=float, default=1, help="part of the records")
    args.add_argument("--through-now", action="store_true")
    args.add_argument("--quiet", type=int, nargs=2, default=(0, -1))
    args.add_argument("--merchants", type=int, default=5)
    args.add_argument("--recipients", type=int, default=400)
    args.add_argument("--out", required=True)
    o = args.parse_args()
    lines = {}
    for topic, path in (("shipments.v1", o.shipments), ("scans.v1", o.scans)):
        its = open(path, encoding="utf-8").read().splitlines()
        lines[topic] = [line for line in its if topic == "shipments.v1" or not timeless(line)]
    whole = all_in_order(lines)
    last = whole[int(len(whole) * o.keep) - 1][0]
    if o.through_now:
        # At the same time of the day: all is moved by whole days.
        last -= (last - o.now) % DAY
    days = (o.now - (0 if o.through_now else DAY) - last) // DAY
    quiet = range(o.quiet[0] - days * DAY, o.quiet[1] - days * DAY + 1)
    kept = {(topic, line) for time, _, topic, _, line, _ in whole if time <= last and time not in quiet}
    changes = {"shipments.v1": known_by(o), "scans.v1": lambda r: None}
    for topic, its in lines.items():
        lines[topic] = [line_moved(line, days, changes[topic]) for line in its if (topic, line) in kept]
    os.makedirs(o.out, exist_ok=True)
    for topic, its in lines.items():
        write(o.out, topic.removesuffix(".v1"), its)
    write(o.out, "records", [
        json.dumps({"topic": topic, "key": key, "time": time, "line": line, "rejected": rejected})
        for time, _, topic, key, line, rejected in all_in_order(lines)])


def write(folder, name, lines):
    with open(os.path.join(folder, name + ".ndjson"), "w", encoding="utf-8") as f:
        f.writelines(line + "\n" for line in lines)


if __name__ == "__main__":
    main()
