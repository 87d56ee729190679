"""Journeys that tell readings of rules.md apart which chance rarely does: `pointed.txt` has a text for each.

A line is when it is read (H:MM, from the first day on), what, and words: `ship KEY=VALUE...`, or `CODE [HUB] [@H:MM] [kind=...]`, `@` being the
event_time where that is another, or `choose OPTION ID [slot=H:MM-H:MM] [place=...] [by=sender] [journey=N]`, or `answer accepted|refused OPTION ID
[journey=N]`, or `say confirmed|denied ID [by=sender]`. A route is `code/within` or `code@hub/within`, one after the other. `+N` are N of these scans, five minutes apart."""
import json, os
from datetime import datetime, timezone

MINUTE, HOUR = 60_000, 3_600_000


def scenes():
    """name: lines"""
    text = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "pointed.txt"), encoding="utf-8").read()
    named = (block.split("\n", 1) for block in text.strip().split("\n\n"))
    return {name.removeprefix("# "): lines for name, lines in named}


SCENES = scenes()


def instant(base, text):
    h, m, *s = text.split(":")
    return base + int(h) * HOUR + int(m) * MINUTE + (round(float(s[0]) * 1000) if s else 0)


def stamp(t):
    return datetime.fromtimestamp(t // 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{t % 1000:03}Z"


def route(text):
    milestones = []
    for item in text.split(","):
        code, _, within = item.partition("/")
        code, _, hub = code.partition("@")
        if ":" in within:
            hours, minutes = within.split(":")
            within = f"{hours}h {minutes}m"
        milestones.append({"code": code, **({"hub": hub} if hub else {}), **({"within": within} if within else {})})
    return milestones


def shipment(parcel_id, base, words):
    r = {"parcel_id": parcel_id, "ordered_at": stamp(base), "recipient": {"id": "c"}}
    for word in words:
        key, _, value = word.partition("=")
        if key in ("ordered", "shipped", "promise"):
            r[{"ordered": "ordered_at", "shipped": "shipped_at"}.get(key, key)] = stamp(instant(base, value))
        elif key == "route":
            r[key] = route(value)
        elif key in ("origin", "destination"):
            r[key] = {"hub": value}
        elif key in ("consent", "flags"):
            r[key] = value.split(",")
        elif key == "zone":
            r["recipient"] = {"id": "c", "time_zone": value}
        elif key == "cancelled":
            r[key] = True
        else:
            r[key] = [] if value == "[]" else value
    return r


def scan(parcel_id, base, read, code, words):
    r = {"parcel_id": parcel_id, "code": code, "event_time": stamp(read)}
    for word in words:
        if word.startswith("@"):
            r["event_time"] = stamp(instant(base, word[1:]))
        elif word.startswith("kind="):
            r["place_kind"] = word[5:]
        elif not word.startswith("+"):
            r["hub"] = word
    return r


def reroute(parcel_id, base, read, words):
    change = "requested" if words[0] in OPTIONS else words.pop(0)
    r = {"id": f"rr_{parcel_id}_{words[1]}", "parcel_id": parcel_id, "change": change, "option": words[0], "at": stamp(read)}
    if change == "requested":
        r |= {"journey": 1, "by": "recipient", "detail": {}}
    for key, _, value in (word.partition("=") for word in words[2:]):
        if key == "slot":
            r["detail"][key] = dict(zip(("from", "to"), (stamp(instant(base, t)) for t in value.split("-"))))
        elif key == "place":
            r["detail"][key] = value
        else:
            r[key] = int(value) if key == "journey" else value
    return r


def said(parcel_id, base, read, change, name, *rest):
    """Of somebody who was asked whether they have it, or was not."""
    by = next((w.partition("=")[2] for w in rest), "recipient")
    return {"id": f"an_{parcel_id}_{name}", "parcel_id": parcel_id, "change": change, "journey": 1, "at": stamp(read), "by": by}


OPTIONS = ("reschedule", "locker", "station", "return")


def scene(name, parcel_id, base):
    """(when it is written, topic, line) of a scene's records"""
    for line in SCENES[name].strip().splitlines():
        read, what, *words = line.split()
        at = instant(base, read)
        if what == "ship":
            yield at, "shipments.v1", json.dumps(shipment(parcel_id, base, words))
            continue
        if what in ("choose", "answer"):
            yield at, "reroutes.v1", json.dumps(reroute(parcel_id, base, at, words))
            continue
        if what == "say":
            yield at, "reroutes.v1", json.dumps(said(parcel_id, base, at, *words))
            continue
        many = [int(w[1:]) for w in words if w.startswith("+")]
        for n in range(many[0] if many else 1):
            yield at + n * 5 * MINUTE, "scans.v1", json.dumps(scan(parcel_id, base, at + n * 5 * MINUTE, what, words))
