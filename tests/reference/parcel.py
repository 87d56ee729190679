"""One journey of one parcel: its state, and what opens and ends its conditions (rules.md)."""
from datetime import datetime, timedelta, timezone
from itertools import groupby
import decode
from route import LAST_MILE, Route

MINUTE, HOUR = 60_000, 3_600_000
DAY = 24 * HOUR
NOT_PHYSICAL = set("held customs_held customs_released cancelled".split())
ENDS = set("delivered collected returned lost cancelled".split())
STOPS_PROMISE = set("attempt_failed awaiting_collection collected delivered refused returning".split())
DISPATCH = set("departed_hub arrived_hub arrived_destination forwarded returning returned".split()) | LAST_MILE
RESULTS = set("attempt_failed awaiting_collection refused returning forwarded".split()) | ENDS
ENDS_ATTEMPT = set("out_for_delivery awaiting_collection refused returning forwarded".split())
HUB, TRANSIT, DOOR = (12, 24, 72), (24, 48, 96), (12, 24, 36)
DWELL = {**dict.fromkeys("picked_up sorted arrived_hub arrived_destination attempt_failed damaged refused".split(), HUB),
         **dict.fromkeys("departed_hub forwarded returning".split(), TRANSIT), "out_for_delivery": DOOR}
STANDARD = {"same-city": 24 * HOUR, "inter-city": 72 * HOUR, "remote": 120 * HOUR}
LEVEL = {**dict.fromkeys("uploaded_late skipped_scan unconsented_drop customs_held held".split(), "info"), "delayed": "major",
         **dict.fromkeys("thoroughly_delayed damaged refused lost".split(), "critical")}
STEPS = ("info", "warn", "major")       # of stalled and uncollected
REMEMBERED = 128


class Open:
    def __init__(self, limit, true_until, episode):
        self.limit = limit
        self.true_until = true_until    # a scan with event_time up to here proves that it was never true; None: nothing does
        self.episode = episode
        self.step = 0
        self.newest = limit             # event_time of the newest scan that opens it


class Parcel:
    def __init__(self, journey, previous_end, written, grace):
        self.journey, self.previous_end, self.written, self.grace = journey, previous_end, written, grace
        self.ship = None                # top-level fields; None: shell
        self.route = None               # None: none, or ended
        self.scans = []                 # accepted
        self.seen = set()
        self.last = None                # last (physical) scan
        self.first_physical = self.pickup = None
        self.frozen = None              # (computed promise,) once picked up
        self.codes = set()              # accepted, whatever was forgotten
        self.awaiting = None            # event_time of the scan that made awaiting_collection the stage
        self.newest = {}                # code, or "end" -> greatest event_time accepted
        self.delivered_read = self.delivered = None
        self.explanation = None         # event_time of the earliest scan that explains a signature
        self.end = None                 # (event_time, code)
        self.end_read = None
        self.record = None              # time of the last record
        self.open, self.episodes = {}, {}
        self.forgotten = False
        self.past = set()

    # -- writing

    def write(self, change, condition, key, at, limit, cause, step=0):
        o = self.open[condition, key]
        c = {"journey": self.journey, "condition": condition, "change": change, "level": self.level(condition, step),
             "episode": o.episode, "at": at, "limit": limit, "cause": cause}
        if key is not None:
            c["evidence"] = {"milestone": key}
        held_by = [h for h in ("customs_held", "held") if self.is_open(h)]
        if condition == "stalled" and change in ("opened", "escalated") and held_by:
            c["held_by"] = held_by[0]
        self.written.append(c)

    def level(self, condition, step):
        return STEPS[step] if condition in ("stalled", "uncollected") else LEVEL.get(condition, "warn")

    def opens(self, condition, limit, at, cause, key=None, true_until=None):
        self.episodes[condition] = self.episodes.get(condition, 0) + 1
        o = self.open[condition, key] = Open(limit, limit if true_until is None else true_until, self.episodes[condition])
        self.write("opened", condition, key, at, limit, cause)
        return o

    def closes(self, condition, at, cause, key=None, by=None):
        o = self.open.get((condition, key))
        if o:
            never_true = by is not None and o.true_until is not None and by.event <= o.true_until
            self.write("retracted" if never_true else "cleared", condition, key, at, o.limit, cause, o.step)
            del self.open[condition, key]

    def closes_all(self, at, cause, by=None, keep=()):
        for condition, key in list(self.open):
            if condition not in keep:
                self.closes(condition, at, cause, key, by)

    def is_open(self, condition):
        return any(c == condition for c, _ in self.open)

    def standing(self):
        """The choice that stands; who reads no choices knows of none."""
        return None

    def appointment(self, now):
        """Until when it rests as was chosen: likewise."""
        return None

    # -- records

    def starts_anew(self, fields):
        return self.end is not None and fields["ordered_at"] > self.end[0]

    def next_journey(self, now):
        self.closes_all(now, "shipment")
        return type(self)(self.journey + 1, self.end[0], self.written, self.grace)

    def shipment(self, fields, now):
        self.record = now
        if self.end is not None:
            return
        was_shell = self.ship is None
        before = None if was_shell else self.ship.get("route")
        self.ship = {**(self.ship or {}), **fields}
        if self.pickup and self.frozen is None:
            self.freeze()
        if "route" in fields and (was_shell or fields["route"] != before):
            self.new_route(now)
        if self.route:
            self.route.start = self.start()
        self.judge_drop(now, "shipment")
        if fields.get("cancelled"):
            self.ends(now, "cancelled", now, "shipment")

    def new_route(self, now):
        for condition, key in list(self.open):
            if condition in ("overdue_scan", "skipped_scan", "misrouted"):
                self.closes(condition, now, "shipment", key)
        self.route = Route(self.ship["route"], self.start())
        for s in sorted(self.scans, key=lambda s: s.rank):
            self.route.apply(s, s.read)
        self.judge_misrouted(self.last, now, "shipment")

    def scan(self, s, now):
        s.read = now
        self.record = now
        if self.previous_end is not None and s.event <= self.previous_end:
            return
        if s.identity in self.seen:
            return
        if self.end is not None and not self.reopens(s):
            self.after_end(s, now)
            return
        if self.end is not None:
            self.reopen(s, now)
        self.accept(s, now)

    def remember(self, s):
        self.seen.add(s.identity)
        self.scans.append(s)
        if len(self.scans) > REMEMBERED:
            old = min(self.scans, key=lambda s: s.rank)
            self.scans.remove(old)
            self.seen.discard(old.identity)

    def accept(self, s, now):
        self.remember(s)
        self.codes.add(s.code)
        physical = s.code not in NOT_PHYSICAL
        self.judge_upload(s, now)
        if s.code == "picked_up" and not self.pickup:
            self.pickup = s
            if self.ship is not None:
                self.freeze()
        is_last = physical and (self.last is None or s.rank >= self.last.rank)
        if physical and not self.first_physical:
            self.first_physical = s
            self.closes("never_uploaded", now, "scan", by=s)
        if s.code == "delivered":
            self.delivered, self.delivered_read = s.event, now
            if not self.is_open("suspect_signature"):
                self.past.discard("suspect_signature")
        self.explain_signature(s, now)
        if is_last:
            self.new_last(s, now)
        self.match_route(s, now)
        if s.code in STOPS_PROMISE:
            self.closes("delayed", now, "scan", by=s)
            self.closes("thoroughly_delayed", now, "scan", by=s)
        if s.code in DISPATCH:
            self.closes("dispatch_overdue", now, "scan", by=s)
        self.scan_conditions(s, now, physical)
        self.judge_misrouted(s, now, "scan")
        if is_last:
            self.judge_drop(now, "scan")
        self.newest[s.code] = max(s.event, self.newest.get(s.code, s.event))
        if s.code in ENDS and not self.outdated(s):
            self.ends(s.event, s.code, now, "scan", s)

    def outdated(self, s):
        """Whether a scan with the code of an end is none."""
        for code, event in self.newest.items():
            if event > s.event and (code in ("returning", "forwarded") or s.code == "lost" and code != "end" and code not in NOT_PHYSICAL):
                return True
        return False

    def new_last(self, s, now):
        changed = self.last is None or s.code != self.last.code
        self.closes("stalled", now, "scan", by=s)
        if changed:
            self.closes("uncollected", now, "scan", by=s)
            self.closes("unconsented_drop", now, "scan", by=s)
            self.awaiting = s.event if s.code == "awaiting_collection" else None
        self.last = s

    def match_route(self, s, now):
        if s.code in ("returning", "forwarded"):
            self.route = None
            for condition, key in list(self.open):
                if condition == "overdue_scan":
                    self.closes(condition, now, "scan", key, s)
        if self.route is None:
            return
        i, stands = self.route.apply(s, now)
        if i is not None:
            self.closes("skipped_scan", now, "scan", i, s)
        for condition, key in list(self.open):
            if condition == "overdue_scan" and (i is not None and i >= key or stands and not self.route.last_mile(key)):
                self.closes(condition, now, "scan", key, s)

    def scan_conditions(self, s, now, physical):
        if s.code in ENDS_ATTEMPT:
            self.ended_by(s, "attempt_failed", now)
        if physical:
            self.ended_by(s, "held", now)
        if physical or s.code == "customs_released":
            self.ended_by(s, "customs_held", now)
        if s.code in LAST_MILE:
            self.ended_by(s, "looping", now)
        if s.code == "attempt_failed":
            self.opened_by(s, "attempt_failed", now, lambda c: c in ENDS_ATTEMPT or c == "end")
        if s.code == "held":
            self.opened_by(s, "held", now, lambda c: c != "end" and c not in NOT_PHYSICAL)
        if s.code == "customs_held":
            self.opened_by(s, "customs_held", now, lambda c: c != "end" and c not in NOT_PHYSICAL or c == "customs_released")
        if s.code == "refused":
            self.opened_by(s, "refused", now, lambda c: c == "end")
        if s.code == "damaged" and not self.is_open("damaged"):
            self.opens("damaged", s.event, now, "scan")
        if s.code in ARRIVALS and self.loops(s):
            self.opened_by(s, "looping", now, lambda c: c in LAST_MILE)

    def ended_by(self, s, condition, now):
        o = self.open.get((condition, None))
        if o and s.event > o.newest:
            self.closes(condition, now, "scan", by=s)

    def opened_by(self, s, condition, now, ender):
        if any(ender(code) and event > s.event for code, event in self.newest.items()):
            return
        o = self.open.get((condition, None))
        if o:
            o.newest = max(o.newest, s.event)
            if condition == "attempt_failed" and o.silent and s.event >= o.silent_since:
                o.true_until = None
        else:
            o = self.opens(condition, s.event, now, "scan")
            o.silent = False

    def loops(self, s):
        """Whether this arrival makes a third or later visit, or an A-B-A-B, that was none without it."""
        arrivals = sorted((x for x in self.scans if x.code in ARRIVALS), key=lambda x: x.rank)
        return loops_in([x.hub for x in arrivals]) > loops_in([x.hub for x in arrivals if x is not s])

    # -- judgements at a record

    def judge_upload(self, s, now):
        limit = s.event + (5 if s.code in LAST_MILE else 30) * MINUTE
        if s.upload is not None and s.upload > limit:
            self.opens("uploaded_late", limit, now, "scan")
            del self.open["uploaded_late", None]

    def hubs(self):
        known = {hub for _, hub, _ in self.route.milestones if hub} if self.route else set()
        if known:
            known |= {(self.ship.get(end) or {}).get("hub") for end in ("origin", "destination")}
        return known - {None}

    def judge_misrouted(self, s, now, cause):
        if s is None or s.code in NOT_PHYSICAL or self.ship is None or not self.hubs():
            return
        o = self.open.get(("misrouted", None))
        if s.hub in self.hubs():
            if o and s.event > o.newest:
                self.closes("misrouted", now, cause, by=s if cause == "scan" else None)
        elif s.code in decode.HUB_CODES and s is self.last:
            if o:
                o.newest = max(o.newest, s.event)
            else:
                self.opens("misrouted", s.event, now, cause)

    def judge_drop(self, now, cause):
        s = self.last
        if s is None or self.ship is None:
            return
        dropped = s.code == "awaiting_collection" and s.place_kind in ("locker", "station")
        consents = self.consents(s.place_kind)
        if self.is_open("unconsented_drop"):
            if consents:
                self.closes("unconsented_drop", now, cause)
        elif dropped and not consents:
            self.opens("unconsented_drop", s.event, now, cause)

    def consents(self, place_kind):
        return place_kind in self.ship.get("consent", ())

    # -- the end

    def ends(self, event, code, now, cause, by=None):
        self.closes_all(now, cause, by, keep=("damaged",))
        self.end, self.end_read = (event, code), now
        if by:
            self.newest["end"] = max(event, self.newest.get("end", event))
        if code == "lost":
            self.opens("lost", event, now, "scan")

    def reopens(self, s):
        event, code = self.end
        return s.event > event and (s.code in ("returning", "forwarded") or code == "lost" and s.code not in NOT_PHYSICAL and s.code != "lost")

    def reopen(self, s, now):
        self.end = self.end_read = None
        self.delivered = self.delivered_read = None
        self.past.discard("suspect_signature")
        self.closes("lost", now, "scan", by=s)
        self.closes("suspect_signature", now, "scan", by=s)

    def after_end(self, s, now):
        self.seen.add(s.identity)
        if s.event > self.end[0]:
            return
        self.judge_upload(s, now)
        if self.route:
            self.route.apply(s, now)
        self.explain_signature(s, now)

    def explain_signature(self, s, now):
        if s.code in ("out_for_delivery", "awaiting_collection"):
            self.explanation = min(s.event, self.explanation or s.event)
            if self.delivered is not None and self.explained():
                self.closes("suspect_signature", now, "scan", by=s)

    def explained(self):
        return self.explanation is not None and self.explanation <= self.delivered

    # -- limits

    def start(self):
        return int(self.ship.get("shipped_at", self.ship["ordered_at"]))

    def freeze(self):
        within = STANDARD.get(self.ship.get("service"))
        self.frozen = (None if within is None else self.pickup.event + within,)

    def promise(self):
        if "promise" in self.ship:
            return int(self.ship["promise"])
        if self.frozen:
            return self.frozen[0]
        within = STANDARD.get(self.ship.get("service"))
        return self.first_physical.event + within if self.first_physical and within is not None else None

    def silent_at(self):
        """The first 22:00 after the newest out_for_delivery, if nothing came of it."""
        ofds = [s for s in self.scans if s.code == "out_for_delivery"]
        if not ofds:
            return None
        s = max(ofds, key=lambda s: s.event)
        if any(r.code in RESULTS and r.event >= s.event for r in self.scans):
            return None
        zone = decode.zone(((self.ship or {}).get("recipient") or {}).get("time_zone")) or timezone(timedelta(minutes=s.offset))
        local = datetime.fromtimestamp(s.event / 1000, timezone.utc).astimezone(zone)
        ten = local.replace(hour=22, minute=0, second=0, microsecond=0, fold=0)
        if ten.timestamp() * 1000 <= s.event:
            ten = (local.replace(tzinfo=None) + timedelta(days=1)).replace(hour=22, minute=0, second=0, microsecond=0, tzinfo=zone)
        return int(ten.timestamp() * 1000), s

    def limits(self):
        """(limit, condition, key, what the opening needs) of everything that may still take effect."""
        if self.delivered is not None:
            if self.is_open("suspect_signature"):
                yield self.delivered_read + 7 * DAY, "suspect_signature", None, None
            elif not self.explained() and "suspect_signature" not in self.past:
                yield self.delivered_read + 2 * HOUR, "suspect_signature", None, None
        if self.end is not None:
            yield self.end_read + 7 * DAY, "forget", None, None
            return
        yield self.record + 60 * DAY, "expire", None, None
        due = self.route.due() if self.route and self.ship is not None else None
        if self.ship is not None:
            if not self.first_physical:
                yield self.start() + (2 if self.ship.get("service") == "on-demand" else 24) * HOUR, "never_uploaded", None, None
            promise = self.promise()
            if promise is not None and not self.codes & STOPS_PROMISE:
                yield promise + 30 * MINUTE, "delayed", None, promise
                yield promise + (72 if self.ship.get("service") == "same-city" else 168) * HOUR, "thoroughly_delayed", None, None
            if due and due[0] not in self.route.overdue:
                yield due[1] + self.grace, "overdue_scan", due[0], due[1]
            if self.route:
                for i, read in self.route.missing.items():
                    if i not in self.route.told:
                        yield read + 2 * HOUR, "skipped_scan", i, None
        if self.pickup and not self.codes & DISPATCH:
            yield self.pickup.event + 48 * HOUR, "dispatch_overdue", None, None
        if self.last and self.last.code in DWELL:
            o = self.open.get(("stalled", None))
            step = o.step + 1 if o else 0
            if step < 3:
                base = o.base if o else max(self.last.event, due[1] if due else 0)
                yield base + DWELL[self.last.code][step] * HOUR, "stalled", None, None
        if self.awaiting is not None:
            o = self.open.get(("uncollected", None))
            step = o.step + 1 if o else 0
            if step < 3:
                yield self.awaiting + (18, 48, 168)[step] * HOUR, "uncollected", None, None
        silent = self.silent_at()
        if silent:
            yield silent[0], "attempt_failed", None, silent[1]

    def next_limit(self):
        found = [x for x in self.limits() if x[1] in ("stalled", "uncollected") or x[1] == "suspect_signature" or (x[1], x[2]) not in self.open]
        return min(found, key=lambda x: x[0], default=None)

    def advance(self, now):
        """Everything whose limit lies before `now`."""
        while not self.forgotten:
            x = self.next_limit()
            if x is None or x[0] >= now:
                return
            self.pass_limit(*x, at=x[0] + 1)

    def limits_made_to_pass(self, now):
        while not self.forgotten:
            x = self.next_limit()
            if x is None or x[0] >= now:
                return
            self.pass_limit(*x, at=now)

    def pass_limit(self, limit, condition, key, more, at):
        if condition == "forget":
            self.closes_all(at, "timer")
            self.forgotten = True
        elif condition == "expire":
            self.ends(limit, "expired", at, "timer")
        elif condition == "suspect_signature" and self.is_open(condition):
            self.closes(condition, at, "timer")
        elif condition in ("stalled", "uncollected") and self.is_open(condition):
            o = self.open[condition, None]
            o.step += 1
            self.write("escalated", condition, None, at, limit, "timer", o.step)
        else:
            o = self.opens(condition, limit, at, "timer", key, more if condition in ("delayed", "overdue_scan") else None)
            o.base = limit - DWELL[self.last.code][0] * HOUR if condition == "stalled" else None
            self.past.add(condition)
            if condition == "skipped_scan":
                self.route.told.add(key)
            if condition == "overdue_scan":
                self.route.overdue.add(key)
            if condition == "attempt_failed":
                o.silent, o.silent_since, o.newest = True, more.event, more.event


ARRIVALS = {"arrived_hub", "arrived_destination"}


def loops_in(arrivals):
    """The number of third and later visits and of A-B-A-B."""
    visits = [hub for hub, _ in groupby(arrivals)]
    third = sum(visits[:i].count(hub) >= 2 for i, hub in enumerate(visits))
    return third + sum(visits[i:i + 2] == visits[i + 2:i + 4] for i in range(len(visits) - 3))
