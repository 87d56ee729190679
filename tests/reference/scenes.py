"""Made-up journeys for history.py. Times are milliseconds; a scan is a dict of code, event, upload (or None), hub, place_kind; a shipment one of fields
and `time` (updated_at) or None."""
MIN, HOUR = 60_000, 3_600_000
DAY = 24 * HOUR
START = 1_772_323_200_000      # 2026-03-01
SERVICES = ["same-city", "inter-city", "inter-city", "remote", "on-demand", "air", None]
ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "UTC", "Mars/Olympus"]
WITHOUT_HUB = {"picked_up", "out_for_delivery", "attempt_failed", "awaiting_collection", "collected", "delivered"}
ALL = """picked_up sorted departed_hub arrived_hub arrived_destination out_for_delivery attempt_failed awaiting_collection
collected delivered held customs_held customs_released forwarded damaged refused returning returned lost cancelled""".split()
SOUP = "picked_up sorted departed_hub arrived_hub arrived_destination".split() * 3 + \
    "out_for_delivery attempt_failed awaiting_collection".split() * 4 + "returning forwarded lost held customs_held".split() * 2 + ALL


def scan(rng, code, event, hub=None, read=None, upload=True):
    s = {"code": code, "event": event, "upload": None if not upload else event if read is None else read, "hub": hub}
    if code == "awaiting_collection":
        s["place_kind"] = rng.choice(["locker", "station", "outlet", "box", None])
    return s


def upload_time(rng, event):
    """When a scan reaches us; None: no upload_time."""
    r = rng.random()
    if r < 0.25:
        return None
    if r < 0.7:
        return event + rng.choice([30_000, 30_000, MIN, 5 * MIN, 30 * MIN, 5 * MIN + 1, 30 * MIN + 1])
    if r < 0.95:
        return event + rng.randrange(0, 3 * HOUR, 1000)
    return event + rng.randrange(0, 60 * HOUR, 1)


def consent(rng):
    return rng.choice([None, [], ["locker"], ["station"], ["locker", "station"]])


def shipment(rng, ordered, hubs, legs):
    f = {"ordered_at": ordered, "service": rng.choice(SERVICES), "consent": consent(rng)}
    if rng.random() < 0.6:
        f["shipped_at"] = ordered + rng.choice([0, 30 * MIN, 3 * HOUR, rng.randrange(20 * HOUR)])
    if rng.random() < 0.4:
        f["promise"] = ordered + rng.choice([DAY, 3 * DAY, rng.randrange(2 * HOUR, 5 * DAY)])
    if rng.random() < 0.5:
        f["recipient"] = {"id": "c-1", "time_zone": rng.choice(ZONES)}
    if rng.random() < 0.7:
        f["route"] = route(rng, legs)
    if rng.random() < 0.9:
        f["origin"], f["destination"] = {"hub": hubs[0]}, {"hub": hubs[-1]}
    return f


def route(rng, legs):
    its = [m for m in legs if rng.random() < 0.92]
    milestones = []
    for code, hub in its + ([("out_for_delivery", None)] if rng.random() < 0.3 else []) + ([("delivered", None)] if rng.random() < 0.2 else []):
        m = {"code": code, "within": rng.choice([MIN, 3, 30 * MIN, rng.randrange(MIN, 30 * HOUR, MIN), rng.randrange(MIN, 4 * HOUR, MIN)]) if rng.random() > 0.06 else None}
        if hub and rng.random() > 0.06 and (code not in WITHOUT_HUB or rng.random() < 0.5):
            m["hub"] = hub
        milestones.append(m)
    if rng.random() < 0.12:
        milestones.append({"code": "arrived_hub", "hub": rng.choice([h for _, h in legs if h] or ["H01"]), "within": 10 * HOUR})
    return milestones


def journey(rng, ordered, hubs):
    """A plausible journey: (shipment fields, scans in event order)."""
    path = [hubs[0]] + [rng.choice(hubs) for _ in range(rng.choice([0, 1, 1, 2, 2, 3, 5]))] + [hubs[-1]]
    path = [h for i, h in enumerate(path) if i == 0 or path[i - 1] != h]
    legs = [("picked_up", None)]
    for i, h in enumerate(path):
        legs += ([("arrived_hub", h)] if i else []) + [("departed_hub", h)]
    legs += [("arrived_destination", "D" + path[-1])]
    t, out = ordered, []
    slow = rng.choice([1, 1, 2, 5])

    def go(code, hub=None, most=8):
        nonlocal t
        t += rng.choice([0, 1, MIN, 12 * HOUR, 24 * HOUR]) if rng.random() < 0.06 else rng.randrange(MIN, most * slow * HOUR, 1000 if rng.random() < 0.5 else 1)
        out.append(scan(rng, code, t, hub))

    for code, hub in legs:
        if rng.random() < 0.12:
            continue
        if rng.random() < 0.03:
            go(rng.choice(["held", "customs_held", "customs_released", "damaged", "forwarded", "lost", "refused"]), hub, 3)
        go(code, "X%d" % rng.randrange(3) if hub and rng.random() < 0.04 else hub)
        if code == "arrived_hub" and rng.random() < 0.3:
            go("sorted", hub, 4)
    dh = legs[-1][1] if rng.random() < 0.6 else None
    if rng.random() < 0.08:
        return shipment(rng, ordered, path, legs), out                # silence
    for _ in range(rng.choice([0, 1, 1, 1, 1, 2, 3])):
        if rng.random() < 0.85:
            go("out_for_delivery", dh, 6)
        r = rng.random()
        if r < 0.25:
            go("attempt_failed", dh, 14)
        elif r < 0.45:
            go("awaiting_collection", dh, 6)
            if rng.random() < 0.3:
                go("awaiting_collection", dh, 30)
        elif r < 0.5:
            t += 20 * HOUR
    r = rng.random()
    if r < 0.6:
        go(rng.choice(["delivered", "delivered", "collected"]), dh, 12)
    elif r < 0.7:
        go("refused", dh)
    if rng.random() < 0.15:
        go("returning", dh, 30)
        if rng.random() < 0.5:
            go("arrived_hub", rng.choice(path), 30)
        if rng.random() < 0.7:
            go("returned", None, 60)
    elif rng.random() < 0.08:
        go(rng.choice(["lost", "lost", "cancelled", "forwarded"]), None, 30)
        if rng.random() < 0.6:
            go(rng.choice(["arrived_hub", "delivered", "returning", "forwarded", "sorted", "lost"]), rng.choice(path), 40)
    return shipment(rng, ordered, path, legs), out


def plausible(rng):
    """(shipments, scans) of one parcel id with dirt in time and order."""
    hubs = ["H%02d" % h for h in rng.sample(range(30), rng.choice([2, 3, 4]))]
    ordered = START + rng.randrange(0, 14 * DAY, MIN)
    shipments, scans = [], []
    for n in range(rng.choice([1] * 12 + [2, 2, 3])):
        fields, its = journey(rng, ordered, hubs)
        late = rng.random()
        end = its[-1]["event"] if its else ordered
        time = None if late > 0.2 else ordered + rng.randrange(0, max(end - ordered, 1) + 2 * DAY)
        if late < 0.95 or n:
            shipments.append({"time": time, **fields})
            updates(rng, shipments, fields, ordered, end, hubs)
        keep = {}
        burst = rng.random() < 0.15 and its and rng.choice(its)["event"] + rng.randrange(2 * DAY)
        for s in its:
            s["upload"] = upload_time(rng, s["event"])
            if burst and s["event"] <= burst and rng.random() < 0.8:
                s["upload"] = burst
            dirt(rng, s, keep, scans)
        ordered = end + rng.choice([1, 0, -1, HOUR, 3 * DAY, 8 * DAY, 30 * DAY, 62 * DAY, 70 * DAY])
    return shipments, scans


def dirt(rng, s, keep, scans):
    scans.append(s)
    r = rng.random()
    if r < 0.03:                                                        # a wrong clock
        s["upload"] = s["event"] + MIN if s["upload"] is None else s["upload"]
        s["event"] = s["upload"] + rng.choice([2 * MIN, 2 * MIN + 1, 2 * MIN - 1, HOUR, 5 * DAY])
    elif r < 0.05:
        s["naive"] = True
    if rng.random() < 0.1:                                              # again, the same or another upload
        again = dict(s, note="again")
        if rng.random() < 0.6 and s["upload"] is not None:
            again["upload"] = s["upload"] + rng.choice([1, MIN, 30 * MIN, rng.randrange(20 * HOUR)])
        scans.append(again)
    if rng.random() < 0.03:
        scans.append(dict(s, event=s["event"] + rng.choice([-2000, 2000, 999, -999, 1000])))
    if rng.random() < 0.02:
        scans.append(dict(s, code=rng.choice(ALL), hub=s["hub"] or "H01"))


def updates(rng, shipments, fields, ordered, end, hubs):
    for _ in range(rng.choice([0] * 6 + [1, 1, 2, 4])):
        u = {"time": ordered + rng.randrange(0, max(end - ordered, 1) + DAY), "ordered_at": ordered}
        what = rng.randrange(9)
        if what == 0:
            old = fields.get("route") or [{"code": "picked_up", "within": HOUR}]
            u["route"] = rng.choice([old[::2], old, old + [{"code": "arrived_hub", "hub": rng.choice(hubs), "within": 10 * HOUR}], [], old[1:]])
        elif what == 1:
            u["promise"] = ordered + rng.randrange(0, 8 * DAY, MIN)
        elif what == 2:
            u["consent"] = consent(rng)
        elif what == 3:
            u["service"] = rng.choice(SERVICES)
        elif what == 4:
            u["recipient"] = {"id": "c-2", "time_zone": rng.choice(ZONES)}
        elif what == 5:
            u["shipped_at"] = ordered + rng.randrange(0, 2 * DAY, MIN)
        elif what == 6:
            u = {**fields, **u}
        elif what == 7:
            u["destination"] = {"hub": rng.choice(hubs)}
        elif rng.random() < 0.4:
            u["cancelled"] = True
        shipments.append(u)


def soup(rng, most=45):
    """Anything at any time, on a coarse grid: ties and limits met exactly."""
    step, hubs = rng.choice([30 * MIN, HOUR, 6 * HOUR]), ["H01", "H02", "H03"][:rng.choice([1, 2, 3])] + ["X1"]
    span = rng.choice([10, 40, 200, 400])
    base = START + rng.randrange(0, 5 * DAY, 30 * MIN)
    shipments, scans = [], []
    codes = rng.choice([SOUP, rng.sample(ALL, 6)])

    def when():
        return base + rng.randrange(span) * step + rng.choice([0] * 8 + [1, -1])

    for n in range(rng.choice([0, 1, 1, 1, 2, 3, 4])):
        legs = [(rng.choice(codes), rng.choice(hubs)) for _ in range(rng.randrange(9))]
        f = shipment(rng, base + (0 if n == 0 or rng.random() < 0.7 else rng.randrange(span) * step), hubs, legs or [("picked_up", None)])
        for m in f.get("route", ()):
            m["within"] = rng.choice([None, 0, step, 2 * step, 5 * step])
        shipments.append({"time": None if n == 0 and rng.random() < 0.7 else when(), **f, **({"cancelled": True} if rng.random() < 0.04 else {})})
    for _ in range(rng.randrange(1, most)):
        code, event = rng.choice(codes), when()
        hub = rng.choice(hubs) if code not in WITHOUT_HUB or rng.random() < 0.3 else None
        s = scan(rng, code, event, hub)
        s["upload"] = rng.choice([None, event, event + 5 * MIN, event + 30 * MIN, event + 30 * MIN + 1, event + step, event + 7 * step, when(), base + span * step])
        dirt(rng, s, {}, scans)
    return shipments, scans


def many(rng):
    """More than the 128 scans that are remembered, read in the order of event_time, and early ones again."""
    t, scans = START + rng.randrange(5 * DAY), []
    shipments = [{"time": None, "ordered_at": t, "service": "remote"}]
    for n in range(rng.randrange(126, 200)):
        t += rng.randrange(MIN, 10 * HOUR)
        code = rng.choice("sorted departed_hub arrived_hub arrived_destination held attempt_failed out_for_delivery".split())
        scans.append(scan(rng, code, t, rng.choice(["H1", "H2", "H3", "H4"])))
    scans += [dict(s, upload=t + HOUR) for s in rng.sample(scans, 8)]
    return shipments, scans
