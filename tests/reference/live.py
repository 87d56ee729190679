#!/usr/bin/env python3
"""live.py DIR --cut MS: what a live run on Apache Kafka should have come to, against what it came to; one JSON object.

DIR holds what went in as brokers kept it (inputs.ndjson: topic, time by the broker, when it was acknowledged, line) and what came out
(conditions, notices, deliveries, received: .ndjson; with when it was written, or arrived), and the rounds of faults (rounds.ndjson). Conditions are judged up to the cut, and who is told by told.py. Hours of rules.md are seconds, as the run's limits are;
what cannot be configured (2 h and more) does not pass within a run.

A broker shows a record only when its replicas have it, which is later than its time, by milliseconds or, while a replica is silent, by seconds. A
daemon that was told meanwhile that there is nothing more lets time go on, with the wall clock or with a record of another input, and reads this one
at a later instant than its time. So a record was read at its time or at some instant up to its acknowledgement: any of these readings may
be what came out, and nothing else."""
import argparse, itertools, json, os
from collections import Counter, defaultdict
import decode, digests, parcel, rules, telling, told, untold

# A record without an acknowledgement (of somebody else's transaction, say) is shown by then.
SHOWN_WITHIN = 60_000
# A parcel had a record that was shown late, for the figures.
LATE = 2000
READINGS_MAX = 4000
# `notify.digest.window`.
GATHERED_FOR = 15_000
GRACE = 1000
parcel.HOUR, parcel.MINUTE, parcel.DAY = 1000, 100, 10 * 365 * 24 * 3600 * 1000
parcel.STANDARD = {"remote": 120_000}
# Those that the product has; rules.md has more.
CONDITIONS = """never_uploaded overdue_scan stalled delayed thoroughly_delayed dispatch_overdue attempt_failed uncollected held damaged refused
lost customs_held skipped_scan uploaded_late misrouted looping suspect_signature unconsented_drop""".split()
# A notice is shown to its reader so long after its time, at most: until a replica that is silent has been given up (12 s), and what brokers need to notice.
READ_WITHIN = 22_000


class Live(parcel.Parcel):
    def limits(self):
        return (x for x in super().limits() if x[1] not in ("expire", "forget"))


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
        shown = r["acked"] if r["acked"] is not None else self.time + SHOWN_WITHIN
        self.latest = max(self.time, shown)
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
        choices.append([r.time, *passed] if passed else [r.time])
    for some in itertools.islice(itertools.product(*choices), READINGS_MAX // len(records)):
        yield (*follow(records, list(some), until), list(some))


def heard(records, times, until):
    """The spans in which somebody is to be told something, of one reading."""
    spans = telling.Spans()
    rules.Parcel = telling.listen(Live, spans, CONDITIONS)
    try:
        follow(records, times, until)
    finally:
        rules.Parcel = Live
    return [span for span in spans.all if span["kind"] in CONDITIONS or span["kind"] == "collection"]


def same(written, found, records, times, cut):
    """Whether the changes are those that came out; a doubtful record's own instant is taken as it came out."""
    moved = [(r.time, r.latest) for r in records]
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


class Judge:
    def __init__(self, folder, cut, told_at, within):
        self.folder, self.cut, self.told_at, self.within = folder, cut, told_at, within
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
        self.read = {}
        for key in sorted(set(inputs) | set(found)):
            records, its = inputs.get(key, []), found.get(key, [])
            self.count["conditions"] += len(its)
            first = None
            for written, _, times in readings(records, self.cut + 60_000) if records else [([], None, [])]:
                first = first or (written, times)
                if same(written, its, records, times, self.cut):
                    self.read[key] = (records, times)
                    if any(r.latest - r.time > LATE for r in records):
                        self.count["doubtful"] += 1
                    break
            else:
                self.read[key] = (records, first[1])
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
        records = lines(self.folder, "notices")
        until = max([self.cut, *(n["written"] for n in records)]) + 1000
        spans = {key: heard(inputs, times, until) for key, (inputs, times) in self.read.items()}
        late = {key: max((r.latest - r.time for r in inputs), default=0) for key, (inputs, _) in self.read.items()}
        changed = {}
        for c in lines(self.folder, "conditions"):
            changed[c["parcel_id"], c["journey"], c["condition"], c["episode"], millis(c["at"])] = c["written"]
        rounds = lines(self.folder, "rounds")
        self.told = told.Told(spans, late, changed, rounds, self.cut, self.told_at, self.within, millis, self.fault)
        self.told.notices(records)
        self.count["notices"] = len(self.told.issued)
        self.issued, self.withdrawn = self.told.issued, self.told.withdrawn

    def deliveries(self):
        delivered, unknown, last = Counter(), Counter(), {}
        for d in lines(self.folder, "deliveries"):
            last[d["notice_id"]] = d
            delivered[d["notice_id"]] += d["outcome"] == "delivered"
            unknown[d["notice_id"]] += d["outcome"] == "unknown"
        received = Counter()

        gathered = digests.Digests(lines(self.folder, "notices"), lines(self.folder, "deliveries"), self.cut, GATHERED_FOR, self.told.held_up, millis, self.fault)

        def arrived(notice_id, at, body="{}"):
            received[notice_id] += 1
            if not gathered.arrival(notice_id, body):
                self.told.arrival(notice_id, at)

        for event in lines(self.folder, "received"):
            if event["event"] == "request":
                if event["refusal"] is not None:
                    self.fault("wrong", f"a webhook whose signature is not right: {event['refusal']}")
                arrived(event["headers"]["webhook-id"], event["at"], event.get("body", "{}"))
            elif event["event"] == "body":
                arrived(event["headers"]["message-id"].lstrip("<").split("@")[0], event["at"])
        self.count["digests"], self.count["gathered"] = len(gathered.bodies), len(gathered.gathered)
        self.count["unknown"] = sum(unknown.values())
        for notice_id, count in received.items():
            self.count["received"] += 1
            if count > 1 + unknown[notice_id]:
                self.fault("doubled", f"{notice_id} arrived {count} times with {unknown[notice_id]} attempts of unknown outcome: {last.get(notice_id)}")
        for notice_id, (n, *_) in self.issued.items():
            # An attempt whose outcome came when it already counted as unknown.
            if delivered[notice_id] > 1 + unknown[notice_id]:
                self.fault("doubled", f"{notice_id} counts as delivered {delivered[notice_id]} times")
            if delivered[notice_id] and not received[notice_id]:
                self.fault("lost", f"{notice_id} counts as delivered and never arrived: {last[notice_id]}")
            if received[notice_id] and not delivered[notice_id] and not unknown[notice_id] and millis(n["at"]) <= self.cut:
                self.fault("lost", f"{notice_id} arrived and its outcome was lost: {last.get(notice_id)}")
        self.untold()
        gathered.judged(delivered, unknown)

    def untold(self):
        """What was issued has left, or rightly not (untold.py). Nothing else may happen in this run: everybody has a contact, words and no preference, sending
        is on, no hours are quiet, nothing waits for a gap, no storm breaks, and what expires does so in days."""
        notices = [{**n, "read": n["written"]} for n in lines(self.folder, "notices")]
        threads = untold.threads(notices, lines(self.folder, "deliveries"), READ_WITHIN)
        for key, thread in threads.items():
            self.count["suppressed"] += sum(word.decision == "suppressed" for word in thread.words)
            for what, said in (*thread.judged(untold.nothing_else), *thread.unfinished(self.cut), *thread.late(self.cut, self.within, [(0, self.cut)], 0)):
                self.fault(what, f"{said}, to {key[0]}")

    def verdict(self):
        return {**{name: self.count[name] for name in ("lost", "doubled", "unknown", "wrong", "records", "conditions", "notices", "received", "suppressed", "doubtful", "digests", "gathered")},
                "latest": self.told.latest, "parcels": len(self.read), "examples": dict(self.examples)}


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("dir")
    args.add_argument("--cut", type=int, required=True, help="milliseconds since 1970")
    args.add_argument("--told", type=int, help="milliseconds since 1970: what was true then, and is at the cut, must have been told")
    args.add_argument("--within", type=int, default=120_000, help="what was true for longer than these milliseconds must have been told")
    o = args.parse_args()
    judge = Judge(o.dir, o.cut, o.cut - o.within if o.told is None else o.told, o.within)
    judge.conditions()
    judge.notices()
    judge.deliveries()
    print(json.dumps(judge.verdict()))


if __name__ == "__main__":
    main()
