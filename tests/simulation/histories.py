"""Made-up histories for the simulation: what is written to which topic, and when.

One for a seed: journeys of tests/reference (history.py, scenes.py), pointed ones (pointed.py), choices about them, rubbish. Late, again, out of order and
from clocks that are wrong. The same for the same seed and options: parcels, days over which they begin, length_days after which nothing is written."""
import collections, json, random
import decode as decoding
import history, pointed, scenes, shifted

MIN, HOUR, DAY = scenes.MIN, scenes.HOUR, scenes.DAY


def moved(line, days):
    return shifted.line_moved(line, days, lambda r: None)


def owned(line, o, rng):
    """The shipment with somebody to tell."""
    try:
        r = json.loads(line)
    except ValueError:
        return line
    if not isinstance(r, dict):
        return line
    number = sum(str(r.get("parcel_id")).encode()) * 7919
    recipient = r.get("recipient") if isinstance(r.get("recipient"), dict) else {}
    r["merchant"] = f"M-{number % o['merchants']}"
    n = number % o["recipients"]
    if not isinstance(r.get("recipient"), str):
        r["recipient"] = {**recipient, "id": f"c-{n}", "email": f"r{n}@example.com", "locale": "en"}
    r["sender"] = {"email": f"s{n % 3}@example.com", "locale": "en"}
    return json.dumps(r, ensure_ascii=False)


RUBBISH = ["[]", "null", '"x"', '{"parcel_id":', "", "\x00", '{"parcel_id":"","code":"delivered"}'] + [
    json.dumps({"parcel_id": parcel_id, "code": code, "event_time": "2026-03-02T00:00:00Z"})
    for parcel_id, code in (("R1", "sorted"), ("R2", "departed_hub"), ("R3", "arrived_hub"), ("R4", "arrived_destination"), ("R5", "loaded"), ("a\tb", "held"), ("R" * 65, "held"))]
CHOICES_REFUSED = ["[]", "", json.dumps({"id": "x", "parcel_id": "R1", "change": "requested", "option": "return"})] + [
    json.dumps({"id": "x", "parcel_id": "R1", "change": change, "journey": journey, "option": option})
    for change, journey, option in (("wanted", 1, "return"), ("requested", 0, "return"), ("requested", "1", "return"), ("accepted", 1, "fly"), ("accepted", 1, None))]


# Journeys of `pointed.txt` in a seed that does not have them all.
SOME = 4


def made(o):
    rng = random.Random(o["seed"])
    records, start = [], scenes.START
    # Hubs that are out of reach for a while send everything at once.
    dark = {f"H{rng.randrange(30):02}": (a := start + rng.randrange(0, 6 * DAY), a + rng.randrange(10 * MIN, 20 * HOUR)) for _ in range(6)}
    for n in range(o["parcels"]):
        parcel_id = f"P{o['seed']:04}-{n:03}"
        shipments, scans = history.parcel(rng, parcel_id)
        times = [r[1] for r in map(decoding.shipment, shipments) if r] + [s.time for s in map(decoding.scan, scans) if s]
        if not times:
            continue
        days = -((min(times) - start) // DAY) + rng.randrange(o["days"])
        exact = rng.random() < 0.4
        for topic, lines in (("shipments.v1", shipments), ("scans.v1", scans)):
            for line in lines:
                line = moved(line, days)
                records += [(written(rng, topic, line, exact, dark, start), topic, parcel_id, owned(line, o, rng) if topic == "shipments.v1" else line)]
                if rng.random() < 0.02:
                    records.append((records[-1][0] + rng.randrange(0, 3 * HOUR), *records[-1][1:]))
        if rng.random() < 0.8:
            own = [r[0] for r in records if r[2] == parcel_id]
            records += [(at, "reroutes.v1", parcel_id, line) for at, line in choices(rng, parcel_id, min(own), max(own))]
    records += answers(o["seed"], records)
    end = start + o["length_days"] * DAY
    records = [r for r in records if r[0] < end]
    for n, name in enumerate(pointed.SCENES if o["pointed"] else rng.sample(list(pointed.SCENES), SOME)):
        parcel_id = f"S{o['seed']:04}-{n:03}"
        lines = pointed.scene(name, parcel_id, start)
        records += [(at, topic, parcel_id, owned(line, o, rng) if topic == "shipments.v1" else line) for at, topic, line in lines if at < end]
    last = max(r[0] for r in records)
    for rubbish in CHOICES_REFUSED if o["pointed"] else rng.choices(CHOICES_REFUSED, k=rng.randrange(0, 4)):
        records.append((rng.randrange(start, last), "reroutes.v1", f"rubbish {rng.randrange(9)}", rubbish))
    for rubbish in RUBBISH * 2 if o["pointed"] else rng.choices(RUBBISH, k=rng.randrange(0, 12)):
        records.append((rng.randrange(start, last), rng.choice(["shipments.v1", "scans.v1"]), f"rubbish {rng.randrange(9)}", rubbish))
    awry(rng, records, end)
    records.sort(key=lambda r: r[0])
    return {"records": records, "start": start, "counts": counts(records)}


# Scans at least that are awry in each way, in every seed. Fewer: the ways do not meet each other and the faults.
ENOUGH = 6


def awry(rng, records, end):
    """Whatever chance left out: scans that come again, hours late and so after newer ones, and from a device whose clock is ahead."""
    scans = [n for n, r in enumerate(records) if r[1] == "scans.v1" and decoding.scan(r[3])]
    for n in rng.sample(scans, min(ENOUGH, len(scans))):
        at, *rest = records[n]
        records.append((min(at + rng.randrange(0, 6 * HOUR), end - 1), *rest))
    for n in rng.sample(scans, min(ENOUGH, len(scans))):
        at, *rest = records[n]
        records[n] = (min(at + rng.randrange(HOUR, 12 * HOUR), end - 1), *rest)
    for n in rng.sample(scans, min(ENOUGH, len(scans))):
        at, topic, key, line = records[n]
        r = json.loads(line)
        r.pop("upload_time", None)
        r["event_time"] = pointed.stamp(at + rng.randrange(MIN, 5 * HOUR))
        records[n] = (at, topic, key, json.dumps(r, ensure_ascii=False))


def counts(records):
    """How many scans and choices of a history are awry in which way."""
    count, seen, newest, asked = collections.Counter(), set(), {}, set()
    for at, topic, key, line in records:
        if topic == "scans.v1" and (s := decoding.scan(line, at)):
            again = (s.parcel_id, s.identity) in seen
            count["scans"] += 1
            count["scans again"] += again
            count["scans out of order"] += not again and s.event < newest.get(s.parcel_id, s.event)
            count["scans hours late"] += at - s.event > HOUR
            count["scans from the future"] += int(decoding.time(json.loads(line)["event_time"])) > at + decoding.SKEW
            seen.add((s.parcel_id, s.identity))
            newest[s.parcel_id] = max(s.event, newest.get(s.parcel_id, s.event))
        elif topic == "reroutes.v1" and (c := decoding.reroute(line)):
            again = (c.id, c.change) in seen
            count["choices and answers again"] += again
            if c.change in ("confirmed", "denied"):
                count["answers of recipients"] += 1
                seen.add((c.id, c.change))
                continue
            count["choices"] += c.change == "requested"
            count["answers"] += c.change != "requested"
            count["answers before their choice"] += c.change != "requested" and c.id not in asked
            count["choices and answers of other journeys"] += c.journey > 1
            seen.add((c.id, c.change))
            asked |= {c.id} if c.change == "requested" else set()
    return count


def answers(seed, records):
    """What recipients say of parcels that are said to be delivered: they have it or not, the same again, otherwise, too early, somebody else."""
    rng = random.Random(f"answers {seed}")
    for at, topic, parcel_id, line in list(records):
        scan = decoding.scan(line, at) if topic == "scans.v1" else None
        if not scan or scan.code != "delivered" or rng.random() < 0.4:
            continue
        when = at + rng.randrange(0, 3 * HOUR)
        for n in range(rng.choice([1, 1, 2, 3])):
            r = {"id": f"an_{parcel_id}_{rng.randrange(4)}", "parcel_id": parcel_id, "change": rng.choice(["confirmed", "denied"]),
                 "journey": rng.choice([1] * 5 + [2]), "at": pointed.stamp(when), "by": rng.choice(["recipient"] * 5 + ["sender"])}
            yield when, "reroutes.v1", parcel_id, json.dumps(r)
            if rng.random() < 0.3:
                yield when + rng.randrange(0, HOUR), "reroutes.v1", parcel_id, json.dumps(r)
            when += rng.randrange(MIN, 4 * HOUR)


def choices(rng, parcel_id, first, last):
    """(when it is written, line) of what its people choose, and what comes of it: in order, again, hours late, before its question, refused, of other journeys."""
    for n in range(rng.choice([1, 1, 2, 3, 6])):
        at = rng.randrange(first, max(last, first + 10 * HOUR))
        r = {"id": f"rr_{parcel_id}_{n}", "parcel_id": parcel_id, "change": "requested", "journey": rng.choice([1] * 8 + [2, 3]), "at": pointed.stamp(at),
             "option": rng.choice(["reschedule"] * 3 + ["locker", "station", "return"]), "by": rng.choice(["recipient"] * 4 + ["sender"]), "detail": {}}
        if r["option"] == "reschedule":
            day, (begins, ends) = at // DAY * DAY + rng.choice([0, 1, 1, 2, 3, 5]) * DAY, rng.choice([(9, 12), (14, 18)])
            r["detail"]["slot"] = {"from": pointed.stamp(day + begins * HOUR), "to": pointed.stamp(day + ends * HOUR)}
        elif r["option"] in ("locker", "station"):
            r["detail"]["place"] = rng.choice(["LK-1", "ST-1"]) if rng.random() < 0.3 else {"locker": "LK-1", "station": "ST-1"}[r["option"]]
        if rng.random() < 0.9:
            yield at, json.dumps(r)
        if rng.random() < 0.1:
            yield at + rng.randrange(0, 12 * HOUR), json.dumps(r)
        for change in rng.choice([[], ["accepted"], ["accepted"], ["accepted"], ["refused"], ["accepted", "refused"], ["refused", "accepted"]]):
            a = {k: r[k] for k in ("id", "parcel_id", "option")} | {"change": change, "at": pointed.stamp(at), "by": "dispatch"}
            if rng.random() < 0.3:
                a["journey"] = rng.choice([1, 1, 2])
            at += rng.choice([rng.randrange(0, 5 * MIN), rng.randrange(0, 5 * MIN), rng.randrange(0, 30 * HOUR)])
            yield (max(first, at - rng.randrange(0, 3 * HOUR)) if rng.random() < 0.1 else at), json.dumps(a)
            if rng.random() < 0.15:
                yield at + rng.randrange(0, 9 * HOUR), json.dumps(a)


def written(rng, topic, line, exact, dark, start):
    """When the brokers get it."""
    if topic == "shipments.v1":
        r = decoding.shipment(line)
        at, hub = (r[1] if r else start + rng.randrange(0, 3 * DAY)), None
    else:
        s = decoding.scan(line)
        at, hub = (s.time, s.hub) if s else (start + rng.randrange(0, 3 * DAY), None)
        if s and s.upload is None and rng.random() < 0.03:
            at -= rng.randrange(0, 10 * HOUR)                       # a device whose clock is ahead
    if hub in dark and dark[hub][0] <= at < dark[hub][1]:
        at = dark[hub][1] + rng.randrange(0, 5 * MIN)
    if not exact:
        at += rng.choice([0, rng.randrange(0, 30_000), rng.randrange(0, 5 * MIN)])
        if rng.random() < 0.03:
            at += rng.randrange(0, 8 * HOUR)
    return max(at, start)
