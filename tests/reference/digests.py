"""What hubs are told: each of their notices is gathered, and the end of its window tells in one digest what holds then (runtime.md, wire.md, rules.md).

In come the notices of `notices.v1`, the records of `deliveries.v1` and the bodies that arrived; out come sentences about what is not as it should be:
- a gathered notice has one last word: that it was withdrawn, where it was over before its window's end, or else which digest it is in;
- a digest is told of as any other notice: it arrived, or its last word says why it did not;
- it tells of the very parcels and conditions whose notices end in it, each once at its worst level.

Windows end by the notifier's own time, which is at or after that of the record and, where one was shown late, by as much later."""
import json
from collections import defaultdict

LEVELS = ["info", "warn", "major", "critical"]
# By how much a daemon's time may depart from the brokers' (`runtime.clock_skew`).
SKEW = 2_000
# Where something is held up a record is read later: a replica that is silent is given up after 12 s and what brokers need to notice.
SHOWN_LATE = 22_000


def brief(n):
    return " ".join(str(n.get(k)) for k in ("id", "parcel_id", "journey", "kind", "episode", "level", "audience", "at"))


class Digests:
    """`window`: how long notices are gathered. `held_up`: spans of time in which records may be shown late. `fault(what, example)` counts."""

    def __init__(self, notices, deliveries, cut, window, held_up, millis, fault):
        self.cut, self.window, self.held_up, self.millis, self.fault = cut, window, held_up, millis, fault
        self.gathered, self.over, self.bodies = {}, {}, {}
        for n in notices:
            if n["change"] == "withdrawn":
                self.ends(n["id"], n["written"])
                continue
            for notice_id in n.get("resolves") or ():
                self.ends(notice_id, n["written"])
            if n["audience"] == "hub_ops" and n["kind"] not in ("recovered", "corrected"):
                self.gathered.setdefault(n["id"], n)
        self.words, self.last, self.ends_in = defaultdict(list), {}, defaultdict(dict)
        for d in deliveries:
            self.last[d["notice_id"]] = d
            if d["decision"] in ("suppressed", "expired", "shadow"):
                self.words[d["notice_id"]].append(d)
            n, digest = self.gathered.get(d["notice_id"]), d.get("digest")
            if digest and n is None:
                fault("wrong", f"in a digest and not gathered: {d}")
            elif digest:
                told, what, level = self.ends_in[digest], (n["parcel_id"], n["kind"]), LEVELS.index(n["level"])
                told[what] = max(told.get(what, 0), level)

    def ends(self, notice_id, at):
        self.over[notice_id] = min(at, self.over.get(notice_id, at))

    def __contains__(self, notice_id):
        return notice_id in self.ends_in or notice_id in self.bodies

    def arrival(self, notice_id, body):
        """Of a body that nobody has issued: what it says of itself."""
        event = json.loads(body)
        if event.get("type") == "parcelwatch.notice.digest":
            self.bodies[notice_id] = event["data"]
            return True
        return False

    def slack(self, at):
        """How much later than its time a record of that instant may have been read."""
        return SKEW + (SHOWN_LATE if any(begins <= at + SHOWN_LATE and at <= ends for begins, ends in self.held_up) else 0)

    def window_end(self, at):
        return (at // self.window + 1) * self.window

    def judged(self, delivered, unknown):
        """`delivered`, `unknown`: how many attempts of each notice ended so."""
        for notice_id, n in self.gathered.items():
            words = self.words[notice_id]
            if len(words) > 1:
                self.fault("doubled", f"{len(words)} last words: {brief(n)}; {words}")
            elif words:
                self.word(n, words[0])
            elif n["written"] <= self.cut - self.window:
                self.fault("lost", f"gathered and never ended: {brief(n)}")
        for digest, told in self.ends_in.items():
            if digest in self.bodies:
                self.content(digest, told)
            elif delivered[digest] or not (unknown[digest] or self.words[digest]):
                self.fault("lost", f"a digest never arrived: {digest}, of {sorted(told)}; {self.last.get(digest)}")
            for word in self.words[digest]:
                # Everybody has a contact and sending is on; what expires does so in hours.
                self.fault("lost", f"a digest was not told: {word}")
        for digest in self.bodies:
            if digest not in self.ends_in:
                self.fault("wrong", f"a digest of nothing that was gathered: {digest} {self.bodies[digest]}")

    def word(self, n, word):
        over, written = self.over.get(n["id"]), n["written"]
        last = self.window_end(written + self.slack(written))
        if word["reason"] == "in digest":
            # It is said just after the window's end.
            end = self.millis(word["at"]) - 1
            if end % self.window or not self.window_end(written - SKEW) <= end <= last:
                self.fault("wrong", f"not at the end of its window: {brief(n)}; {word}")
            elif over is not None and over + self.slack(over) < end:
                self.fault("wrong", f"told {end - over} ms after it was over: {brief(n)}; {word}")
            elif not word.get("digest"):
                self.fault("lost", f"in a digest without a name: {brief(n)}; {word}")
        elif word["reason"] != "withdrawn":
            self.fault("lost", f"no reason for what is gathered: {brief(n)}; {word}")
        elif over is None or over > last + SKEW:
            self.fault("lost", f"withdrawn and still true at its window's end: {brief(n)}; {word}")

    def content(self, digest, told):
        data, counts = self.bodies[digest], defaultdict(int)
        for (_, kind), level in told.items():
            counts[kind, LEVELS[level]] += 1
        counted = {(row["kind"], row["level"]): row["count"] for row in data["counts"]}
        listed = {(row["parcel_id"], row["kind"]): LEVELS.index(row["level"]) for row in data["parcels"]}
        if sum(counted.values()) < len(told):
            self.fault("lost", f"{digest} tells of {counted} where {dict(counts)} was gathered and held")
        elif counted != counts:
            self.fault("wrong", f"{digest} tells of {counted} where {dict(counts)} was gathered and held")
        elif any(told.get(what) != level for what, level in listed.items()) or len(listed) + data["more"] != len(told) \
                or data["total"] != len({parcel for parcel, _ in told}):
            self.fault("wrong", f"{digest} lists {sorted(listed)} and {data['more']} more of {sorted(told)}")
