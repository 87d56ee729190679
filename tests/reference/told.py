"""Who was told what, and when, in a live run (live.py), against the spans in which something is to be told (telling.py).

A notice is judged by what it says and by the instant at which brokers took it: what tells of something that was never so, is not so yet, or has long
been over, is wrong; so is what arrives at somebody after it was withdrawn. The bounds are those of runtime.md with the settings of tests/faults/world.rs."""
from collections import Counter, defaultdict

# `runtime.tell_within`: what was read is no older when something is told.
TELL_WITHIN = 30_000
# `runtime.transaction_timeout`, in which what was decided is written or aborted, and `runtime.clock_skew`.
WRITTEN_WITHIN = 10_000 + 2_000
# `runtime.attempt_within`, `notify.claim_window` and the longest `total_timeout` of a channel: after a withdrawal nothing is claimed, begun, under way.
# And what daemons, brokers and receivers wait for a core, where all of them share two.
UNDER_WAY = 5_000 + 6_000 + 4_000 + 5_000
# In a round with one of these it may be later. A daemon is stopped between its last look and the first byte (18 s), and a withdrawal is shown only when a
# replica that is silent has been given up (12 s, and what brokers need to notice).
HOLDS_UP = {"daemon-paused", "broker-paused", "broker-killed", "disk-full"}
STANDS_STILL = 18_000 + 22_000
HEAR = ("recipient", "merchant", "customer_service", "hub_ops")
OVER = {"recovered": "cleared", "corrected": "retracted"}


def chained(spans):
    """Says of each span how its whole opening ended: a level that was followed by a worse one ended with it, its condition with the last."""
    for span in reversed(spans):
        span["end"] = span["to"], span["by"]
        if span["by"] and span["by"][0] == "escalated":
            same = ("journey", "kind", "episode")
            worse = [s for s in spans if s["from"] == span["to"] and s is not span and all(s[k] == span[k] for k in same)]
            span["end"] = worse[-1]["end"] if worse else span["end"]
    return spans


def brief(n):
    return " ".join(str(n.get(k)) for k in ("id", "parcel_id", "journey", "kind", "episode", "level", "audience", "at"))


class Told:
    """`spans`: by parcel, what is to be told of it. `late`: by parcel, how late its records were shown. `changed`: when a change of a condition was
    written, by parcel, journey, condition, episode and instant. `rounds`: of faults, from where to where. `fault(what, example)` counts."""

    def __init__(self, spans, late, changed, rounds, cut, told, within, millis, fault):
        self.spans = {parcel: chained(its) for parcel, its in spans.items()}
        self.late, self.changed, self.millis, self.fault = late, changed, millis, fault
        self.cut, self.told, self.within = cut, told, within
        self.issued, self.withdrawn, self.of = defaultdict(list), {}, {}
        self.held_up = [(r["from"], r["to"]) for r in rounds if HOLDS_UP.intersection(r["kinds"])]
        # How long after its withdrawal something arrived at the latest, but for what was held up.
        self.latest = 0

    def notices(self, records):
        for n in records:
            if n["change"] == "issued":
                self.issued[n["id"]].append(n)
            elif n["id"] in self.withdrawn:
                self.fault("doubled", f"withdrawn twice: {n}")
            else:
                self.withdrawn[n["id"]] = n["written"]
        heard = Counter()
        for its in self.issued.values():
            n = its[0]
            if len(its) > 1:
                self.fault("doubled", f"issued {len(its)} times: {n}")
            if n["kind"] in OVER:
                continue
            span = self.truth(n)
            if span is not None:
                self.of[n["id"]] = span
                heard[id(span), n["audience"]] += 1
        self.all_is_told(heard)
        self.withdrawals()
        self.resolved()

    def truth(self, n):
        """The span that a notice tells of."""
        at = self.millis(n["at"])
        same = [s for s in self.spans.get(n["parcel_id"], ()) if all(s[k] == n[k] for k in ("journey", "kind", "level", "episode"))]
        # A record that was shown late may have been read a little later than this reading has it.
        late = self.late.get(n["parcel_id"], 0)
        if n["audience"] == "hub_ops":
            told = [s for s in same if s["hub"] and s["from"] - late <= at and (s["to"] is None or at <= s["to"] + late)]
        else:
            told = [s for s in same if any(whom == n["audience"] and abs(instant - at) <= late for instant, whom in s["told"])]
        if not told:
            self.fault("wrong", f"issued and never true: {brief(n)}; of its kind {[(s['from'], s['to'], s['told']) for s in same]}")
            return None
        span, written = told[0], n["written"]
        if written < at:
            self.fault("wrong", f"issued {at - written} ms before it was true: {brief(n)}")
        if span["to"] is not None and written > span["to"] + TELL_WITHIN + WRITTEN_WITHIN + late:
            self.fault("wrong", f"issued {written - span['to']} ms after it was over: {brief(n)}")
        return span

    def all_is_told(self, heard):
        """Once each what held for long, or holds at the cut."""
        for parcel, spans in self.spans.items():
            for span in spans:
                for audience in HEAR:
                    instants = [at for at, whom in span["told"] if whom == audience]
                    if not instants:
                        continue
                    count, at = heard[id(span), audience], min(instants)
                    ends = [end for end in (span["to"], span["hub_until"] if audience == "hub_ops" else None) if end is not None]
                    to = min(ends, default=None)
                    holds = to is None or to > self.cut
                    long = at < self.told if holds else to - at > self.within
                    what = f"{parcel} {span['kind']} {span['level']} of {at} to {audience}"
                    if count > 1:
                        self.fault("doubled", f"told by {count} notices: {what}")
                    if not count and long:
                        self.fault("lost", f"true for long and never told: {what}")

    def withdrawals(self):
        for notice_id, written in self.withdrawn.items():
            if notice_id not in self.issued:
                self.fault("wrong", f"withdrawn and never issued: {notice_id}")
                continue
            n, span = self.issued[notice_id][0], self.of.get(notice_id)
            if written < n["written"]:
                self.fault("wrong", f"withdrawn before it was issued: {brief(n)}")
            if n["kind"] in OVER or span is not None and (span["to"] is None or span["to"] > written + self.late.get(n["parcel_id"], 0)):
                self.fault("wrong", f"withdrawn and still true: {brief(n)}")
        for notice_id, span in self.of.items():
            n, written = self.issued[notice_id][0], self.withdrawn.get(notice_id)
            # An instant is over as it opens: it was so, and stays said.
            instant = span["by"] is not None and span["by"][0] == "instant"
            if written is None and not instant and span["to"] is not None and span["to"] + self.within < self.cut:
                self.fault("lost", f"over and not withdrawn: {brief(n)}")
            changed = self.changed.get((n["parcel_id"], n["journey"], n["kind"], n["episode"], span["to"]))
            if written is not None and changed is not None and written > changed + WRITTEN_WITHIN:
                self.fault("wrong", f"withdrawn {written - changed} ms later than the change that it follows: {brief(n)}")

    def resolved(self):
        """Whoever hears that something is over, or never was, was told it; and it is."""
        times = Counter()
        for its in list(self.issued.values()):
            n = its[0]
            if n["kind"] not in OVER:
                continue
            at, ends = self.millis(n["at"]), set()
            for notice_id in n["resolves"]:
                times[notice_id] += 1
                told, span = self.issued.get(notice_id, [None])[0], self.of.get(notice_id)
                if told is None or any(told[k] != n[k] for k in ("parcel_id", "journey", "audience")) or told["written"] > n["written"]:
                    self.fault("wrong", f"takes back what was not told: {brief(n)} {notice_id}")
                elif span is not None:
                    ends.add(span["end"][0])
                    if span["end"][1] != (OVER[n["kind"]], "scan") or n["written"] + self.late.get(n["parcel_id"], 0) < span["end"][0]:
                        self.fault("wrong", f"takes back what ended by {span['end']}: {brief(n)}")
            if ends and None not in ends and all(abs(end - at) > self.late.get(n["parcel_id"], 0) for end in ends):
                self.fault("wrong", f"nothing of what it takes back ended then: {brief(n)} {sorted(map(str, ends))}")
        for notice_id, span in self.of.items():
            n = self.issued[notice_id][0]
            if times[notice_id] > 1:
                self.fault("doubled", f"taken back {times[notice_id]} times: {brief(n)}")
            ended, by = span["end"]
            owed = by == ("retracted", "scan") and ended + self.within < self.cut and n["audience"] != "hub_ops" and n["kind"] != "collection"
            if owed and n["written"] < ended and not times[notice_id]:
                self.fault("lost", f"retracted and not corrected: {brief(n)}")

        self.all_is_well(times)

    def all_is_well(self, times):
        """Whoever was told of something that a scan has ended hears so. Where something else was issued to them at that scan or later, or something that they
        were told stands, or the journey went ill, whether they do is a matter of what was written first: then nothing is demanded."""
        readers = defaultdict(list)
        for its in self.issued.values():
            if its[0]["kind"] != "recovered":
                readers[tuple(its[0][k] for k in ("parcel_id", "journey", "audience"))].append(its[0])
        for notice_id, span in self.of.items():
            n, (ended, by) = self.issued[notice_id][0], span["end"]
            if by != ("cleared", "scan") or not span["well"] or n["kind"] == "collection" or n["audience"] == "hub_ops" or times[notice_id]:
                continue
            others = readers[n["parcel_id"], n["journey"], n["audience"]]
            news = any(max(self.millis(o["at"]), o["written"]) >= ended for o in others)
            ends = (self.of[o["id"]] for o in others if o["id"] in self.of and o["kind"] != "collection")
            stands = any((o["end"][0] is None or o["end"][0] > ended) and (o["by"] or ("",))[0] != "instant" for o in ends)
            if not news and not stands and ended + self.within < self.cut:
                self.fault("lost", f"over and nobody is told so: {brief(n)}")

    def arrival(self, notice_id, at):
        """Of a message with a notice at its receiver, by the receiver's clock."""
        if notice_id not in self.issued:
            self.fault("wrong", f"arrived and was never issued: {notice_id}")
            return
        n, withdrawn = self.issued[notice_id][0], self.withdrawn.get(notice_id)
        if at < n["written"]:
            self.fault("wrong", f"arrived {n['written'] - at} ms before it was issued: {brief(n)}")
        for until, what in ((withdrawn, "withdrawn"), (self.millis(n["expires"]), "of no use any more")):
            if until is None or at <= until:
                continue
            excused = any(begins <= at and until <= ends for begins, ends in self.held_up)
            if not excused:
                self.latest = max(self.latest, at - until)
            if at > until + UNDER_WAY + (STANDS_STILL if excused else 0):
                self.fault("wrong", f"arrived {at - until} ms after it was {what}: {brief(n)}")
