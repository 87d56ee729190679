#!/usr/bin/env python3
"""live.py DIR --cut MS: what a live run on Apache Kafka should have come to, against what it came to; one JSON object.

DIR holds what went in as brokers kept it (inputs.ndjson: topic, time by the broker, when it was acknowledged, line) and what came out
(conditions, notices, deliveries, received: .ndjson). Judged is everything up to the cut. Hours of rules.md are seconds, as the run's limits are;
what cannot be configured (2 h and more) does not pass within a run.

A broker shows a record only when its replicas have it, which may be later than its time: a daemon that was told meanwhile that there is nothing more
lets time go on, and reads the record at a later instant than its time. So a record whose acknowledgement took longer than `clock_skew` was read at its
time, or at some instant up to its acknowledgement less `clock_skew`: any of these readings may be what came out, and nothing else."""
import argparse, itertools, json, os
from collections import Counter, defaultdict
import decode, parcel, rules

SKEW = 2000
# Limits are met to the millisecond by records whose time is certain; acknowledgements are noted a little after they came.
SLACK = 500
READINGS_MAX = 4000
GRACE = 1000
parcel.HOUR, parcel.MINUTE, parcel.DAY = 1000, 100, 10 * 365 * 24 * 3600 * 1000
parcel.STANDARD = {"remote": 120_000}
# Those that the product has; rules.md has more.
CONDITIONS = """never_uploaded overdue_scan stalled delayed thoroughly_delayed dispatch_overdue attempt_failed uncollected held damaged refused
lost""".split()
TELLING = ["never_uploaded", "stalled", "delayed", "thoroughly_delayed"]
LEVELS = ["info", "warn", "major", "critical"]


class Live(parcel.Parcel):
    def limits(self):
        return (x for x in super().limits() if x[1] not in ("suspect_signature", "skipped_scan", "expire", "forget"))


parcel.Parcel = rules.Parcel = Live


def lines(folder, name):
    path = os.path.join(folder, name + ".ndjson")
    return [json.loads(line) for line in open(path, encoding="utf-8")] if os.path.exists(path) else []


def millis(text):
    return int(decode.time(text))


def fields(c):
    """What identifies a change, without its instant."""
    return (c["journey"], c["condition"], c["change"], c["level"], c["episode"], c["limit"], (c.get("evidence") or {}).get("milestone"), c["cause"])


def came_out(folder, cut):
    """By parcel: (fields, at) of every change, in order."""
    by_parcel = defaultdict(list)
    for c in lines(folder, "conditions"):
        c["at"], c["limit"] = millis(c["at"]), millis(c["limit"])
        by_parcel[c["parcel_id"]].append((fields(c), c["at"], c.get("held_by")))
    return by_parcel


class Record:
    def __init__(self, r):
        self.time, self.topic, self.place = r["time"], r["topic"], (r["partition"], r["offset"])
        shown = r["acked"] if r["acked"] is not None else self.time + 60_000
        self.latest = max(self.time, shown - SKEW + SLACK) if shown - self.time > SKEW - SLACK else self.time
        if r["topic"] == "shipments.v1":
            read = decode.shipment(r["line"])
            self.value = read and read[2]
        else:
            self.value = decode.scan(r["line"])


def follow(records, times, until):
    """The reference with each record read at its time of `times`."""
    order = sorted(zip(times, records), key=lambda x: (x[0], x[1].topic == "scans.v1", x[1].place))
    fresh = []
    for time, r in order:
        value = r.value
        if not isinstance(value, dict):
            value.time = time
        fresh.append((time, value))
    written, last = rules.follow(fresh, until, GRACE)
    return [c for c in written if c["condition"] in CONDITIONS], last


def readings(records, until):
    """Every reading that the records' uncertain instants allow: (changes, the parcel, times)."""
    times = [r.time for r in records]
    yield (*follow(records, times, until), times)
    doubtful = [n for n, r in enumerate(records) if r.latest > r.time]
    if not doubtful:
        return
    limits = set()
    for all_times in ([r.latest for r in records], times):
        limits |= {c["limit"] for c in follow(records, all_times, until)[0]}
    choices = []
    for n, r in enumerate(records):
        passed = sorted({limit + 1 for limit in limits if r.time <= limit < r.latest})
        choices.append([r.time, *passed, r.latest] if n in doubtful else [r.time])
    for some in itertools.islice(itertools.product(*choices), READINGS_MAX):
        yield (*follow(records, list(some), until), list(some))


def same(written, found, records, times, cut):
    """Whether the changes are those that came out; a doubtful record's own instant is taken as it came out."""
    moved = [(r.time, r.latest) for r in records if r.latest > r.time]
    expected = Counter()
    for c in written:
        if c["at"] <= cut:
            expected[fields(c)] += 1
    actual = Counter(f for f, at, _ in found if at <= cut)
    if expected != actual:
        # The cut may lie amid a doubtful instant.
        return False
    by_fields = {fields(c): c["at"] for c in written}
    return all(by_fields[f] == at or any(low <= by_fields[f] <= high + 1 and low <= at <= high + 1 for low, high in moved)
               for f, at, _ in found if at <= cut)


def audiences(kind, level, shell, returning):
    if shell:
        return []
    if kind == "stalled" and level == "info":
        return []
    if kind in ("never_uploaded", "stalled", "delayed"):
        return ["recipient", "merchant"]
    if kind in ("thoroughly_delayed", "damaged", "refused", "lost"):
        return ["recipient", "merchant", "customer_service"]
    if kind in ("attempt_failed", "uncollected", "collection") and not returning:
        return ["recipient"]
    return []


def spans(written):
    """(fields of the change that opened or worsened it, at, until when it held so) of every level of every condition; None: it holds."""
    holding, out = {}, []
    for c in written:
        key = (c["journey"], c["condition"], c["episode"], (c.get("evidence") or {}).get("milestone"))
        before = holding.pop(key, None)
        if before:
            out.append((before, before["at"], c["at"]))
        if c["change"] in ("opened", "escalated"):
            holding[key] = c
    return out + [(c, c["at"], None) for c in holding.values()]


class Judge:
    def __init__(self, folder, cut, pause):
        self.folder, self.cut, self.pause = folder, cut, pause
        self.count = Counter()
        self.examples = defaultdict(list)

    def fault(self, what, example):
        self.count[what] += 1
        if len(self.examples[what]) < 8:
            self.examples[what].append(example)

    def conditions(self):
        inputs = defaultdict(list)
        for r in lines(self.folder, "inputs"):
            record = Record(r)
            self.count["records"] += 1
            if record.value is None:
                self.fault("wrong", f"the generator made {r['line']}, which is to be rejected")
            else:
                inputs[r["key"]].append(record)
        found = came_out(self.folder, self.cut)
        self.truth = {}
        for key in sorted(set(inputs) | set(found)):
            records, its = inputs.get(key, []), found.get(key, [])
            self.count["conditions"] += len(its)
            first = None
            for written, last, times in readings(records, self.cut + 60_000) if records else [([], None, [])]:
                first = first or (written, last)
                if same(written, its, records, times, self.cut):
                    self.truth[key] = (written, last)
                    if any(r.latest > r.time for r in records):
                        self.count["doubtful"] += 1
                    break
            else:
                self.truth[key] = first
                self.differs(key, first[0], its, records)

    def differs(self, key, written, its, records):
        expected = Counter((fields(c), c["at"]) for c in written if c["at"] <= self.cut)
        actual = Counter((f, at) for f, at, _ in its if at <= self.cut)
        context = [(r.topic[:5], getattr(r.value, "code", "shipment"), r.time, r.latest - r.time) for r in records][-12:]
        twice = [x for x, n in actual.items() if n > 1 and expected[x] < n]
        missing, more = list((expected - actual).elements()), list((actual - expected).elements())
        what = "doubled" if twice else "lost" if missing and not more else "wrong"
        self.fault(what, f"{key}: conditions that should be and are not {missing}; that are and should not be {more}; records {context}")

    def notices(self):
        issued, withdrawn = defaultdict(list), set()
        for n in lines(self.folder, "notices"):
            if n["change"] == "issued":
                issued[n["id"]].append(n)
            else:
                withdrawn.add(n["id"])
        told = Counter()
        for notice_id, its in issued.items():
            self.count["notices"] += 1
            n = its[0]
            if len(its) > 1:
                self.fault("doubled", f"issued {len(its)} times: {n}")
            if n["kind"] in ("recovered", "corrected", "digest", "collection") or n["audience"] == "hub_ops":
                continue
            key = (n["parcel_id"], n["journey"], n["kind"], n["episode"], n["level"], n["audience"])
            told[key] += 1
        may, must = self.to_tell()
        for key in told:
            if key not in may:
                self.fault("wrong", f"issued and never true: {key}")
        for key in must:
            if not told[key]:
                self.fault("lost", f"true for long and never told: {key}")
        self.issued, self.withdrawn = issued, withdrawn

    def to_tell(self):
        may, must = set(), set()
        for key, (written, last) in self.truth.items():
            for c, at, until in spans(written):
                journey_shell = last is not None and last.journey == c["journey"] and last.ship is None
                # Whoever wrote the shipment may have named no recipient.
                nobody = last is not None and last.ship is not None and not last.ship.get("recipient")
                for audience in audiences(c["condition"], c["level"], journey_shell, False):
                    if audience == "recipient" and nobody:
                        continue
                    told = (key, c["journey"], c["condition"], c["episode"], c["level"], audience)
                    may.add(told)
                    long = (until is None or until - at > self.pause) and at < self.cut - self.pause
                    held = c.get("held_by") or c["condition"] == "stalled" and any(x["condition"] in ("held", "customs_held") for x in written)
                    if long and not held and last is not None and last.end is None or c["condition"] in ("damaged", "lost") and long:
                        must.add(told)
        return may, must

    def deliveries(self):
        delivered, unknown, last = Counter(), Counter(), {}
        for d in lines(self.folder, "deliveries"):
            last[d["notice_id"]] = d
            delivered[d["notice_id"]] += d["outcome"] == "delivered"
            unknown[d["notice_id"]] += d["outcome"] == "unknown"
        received = Counter()
        for event in lines(self.folder, "received"):
            if event["event"] == "request":
                if event["refusal"] is not None:
                    self.fault("wrong", f"a webhook whose signature is not right: {event['refusal']}")
                received[event["headers"]["webhook-id"]] += 1
            elif event["event"] == "body":
                received[event["headers"]["message-id"].lstrip("<").split("@")[0]] += 1
        self.count["unknown"] = sum(unknown.values())
        for notice_id, count in received.items():
            self.count["received"] += 1
            if notice_id not in self.issued:
                self.fault("wrong", f"arrived and was never issued: {notice_id}")
            if count > 1 + unknown[notice_id]:
                self.fault("doubled", f"{notice_id} arrived {count} times with {unknown[notice_id]} attempts of unknown outcome: {last.get(notice_id)}")
        for notice_id, (n, *_) in self.issued.items():
            if delivered[notice_id] > 1:
                self.fault("doubled", f"{notice_id} counts as delivered {delivered[notice_id]} times")
            if delivered[notice_id] and not received[notice_id]:
                self.fault("lost", f"{notice_id} counts as delivered and never arrived: {last[notice_id]}")
            if received[notice_id] and not delivered[notice_id] and not unknown[notice_id] and millis(n["at"]) <= self.cut:
                self.fault("lost", f"{notice_id} arrived and its outcome was lost: {last.get(notice_id)}")
        self.worst(delivered, unknown, last)

    def worst(self, delivered, unknown, last):
        """Of one matter at least the worst that was issued and not withdrawn has been delivered."""
        worst = {}
        for notice_id, (n, *_) in self.issued.items():
            if n["audience"] == "hub_ops" or n["kind"] in ("recovered", "corrected", "digest") or millis(n["at"]) > self.cut:
                continue
            group = "lateness" if n["kind"] in TELLING else n["kind"]
            kind = TELLING.index(n["kind"]) if n["kind"] in TELLING else 0
            key = (n["parcel_id"], n["journey"], group, n["episode"] if group != "lateness" else 0, n["audience"])
            rank = (notice_id not in self.withdrawn, LEVELS.index(n["level"]), kind, notice_id)
            worst[key] = max(rank, worst.get(key, rank))
        for key, (stands, _, _, notice_id) in worst.items():
            if stands and not delivered[notice_id] and not unknown[notice_id]:
                word = last.get(notice_id)
                self.count["suppressed"] += 1
                if word is None or word["decision"] not in ("suppressed", "expired") or word["reason"] in (None, "send off", "no contact", "no words"):
                    self.fault("lost", f"{key} {notice_id} was issued and not told: {word}")

    def verdict(self):
        return {**{name: self.count[name] for name in ("lost", "doubled", "unknown", "wrong", "records", "conditions", "notices", "received", "doubtful")},
                "parcels": len(self.truth), "examples": dict(self.examples)}


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("dir")
    args.add_argument("--cut", type=int, required=True, help="milliseconds since 1970")
    args.add_argument("--pause", type=int, default=60_000, help="what was true for longer than these milliseconds must have been told")
    o = args.parse_args()
    judge = Judge(o.dir, o.cut, o.pause)
    judge.conditions()
    judge.notices()
    judge.deliveries()
    print(json.dumps(judge.verdict()))


if __name__ == "__main__":
    main()
