"""What customers choose about a parcel, and what it changes (wire.md, "reroute"; rules.md; domain.md, "Reroute matrix"; the offers file's comments).

A request is judged by what is offered at that instant: by whom, where the parcel is, its price-less terms below, and before its cut-off. What is
not offered is refused, and its chooser hears of it. One choice stands: a different later one replaces it. The executing system accepts or refuses
it; both are told to its chooser. An appointment is the promise in its place; of a place it is promised not to come later than the tour does; who
calls a parcel back is promised nothing. An accepted `reschedule` ends `attempt_failed`, also one that was agreed upon elsewhere.

[?] Where the texts are silent: a choice or an answer is a record for the 60 d where it has an effect (a repeat has none); an appointment at which
nobody was reached is over, and no answer revives it; a tour is the last one that begins before the promise, today's at the earliest, and the first
whose cut-off has not passed; the silence of an evening that an accepted `reschedule` ended does not open again for the same `out_for_delivery`."""
from parcel import DAY, HOUR, Parcel

TOUR, SLOTS, DAYS_AHEAD, CUT_OFF, LOOK_AHEAD = (8 * HOUR, 20 * HOUR), ((9 * HOUR, 12 * HOUR), (14 * HOUR, 18 * HOUR)), 3, 2 * HOUR, 14
PLACES = {"locker": ("LK-1",), "station": ("ST-1",)}
PERISHABLE = {"fresh", "pharma"}
REMEMBERED = 32
ANSWERS, ANSWERS_MAX = ("confirmed", "denied"), 8
MATRIX = {
    ("recipient", "before"): {"reschedule", "locker", "station", "return"},
    ("recipient", "out"): {"reschedule"},
    ("recipient", "attempted"): {"reschedule", "locker", "station"},
    ("recipient", "waiting"): {"reschedule", "return"},
    ("sender", "before"): {"return"}, ("sender", "attempted"): {"return"}, ("sender", "waiting"): {"return"},
}


class Made:
    """A choice and where it stands."""

    def __init__(self, record, now):
        self.id, self.option, self.detail, self.by, self.at = record.id, record.option, record.detail, record.by, now
        self.change, self.arrives, self.promise, self.over = "refused", None, None, False

    def stands(self):
        return not self.over and self.change in ("requested", "accepted")


class Choosing(Parcel):
    def __init__(self, *args):
        super().__init__(*args)
        self.made, self.settled = [], None
        self.said = self.answers = None

    def heard(self, made, now):
        """Somebody is to be told what became of their choice; who listens overrides it."""

    def standing(self):
        return next((made for made in reversed(self.made) if made.stands()), None)

    def appointment(self, now):
        """Until when everybody concerned knows why the parcel rests; None where nothing was confirmed."""
        made = self.standing()
        return made.arrives[1] if made and made.change == "accepted" and made.arrives and now <= made.arrives[1] else None

    # -- records

    def choice(self, record, now):
        if record.change in ANSWERS:
            if record.journey == self.journey and self.ship is not None:
                self.says(record, now)
            return
        answer = record.change != "requested"
        if record.journey not in (self.journey, *((0,) if answer else ())):
            return
        if answer and self.end is None:
            self.answered(record, now)
        elif not answer and self.ship is not None:
            self.requested(record, now)

    def requested(self, record, now):
        if not record.id or len(self.made) >= REMEMBERED or any(made.id == record.id for made in self.made):
            return
        made = Made(record, now)
        offered = self.offered(record, now)
        if offered:
            before = self.standing()
            if before:
                before.change = "cancelled"
            made.change, made.arrives = "requested", offered[0]
            base = super().promise()
            if record.option == "reschedule":
                made.promise = made.arrives[1]
            elif made.arrives and base is not None:
                made.promise = max(base, made.arrives[1])
            self.made.append(made)
        else:
            self.made.append(made)
            self.heard(made, now)
        self.had_effect(now)

    def answered(self, record, now):
        made = next((made for made in self.made if made.id == record.id), None)
        if made is None:
            if record.change == "accepted":
                self.rescheduled(record.option, now)
        elif not made.over and (made.change, record.change) in (("requested", "accepted"), ("requested", "refused"), ("accepted", "refused")):
            made.change = record.change
            self.had_effect(now)
            self.heard(made, now)
            if made.change == "accepted":
                self.rescheduled(made.option, now)

    def rescheduled(self, option, now):
        if option == "reschedule" and self.is_open("attempt_failed"):
            self.closes("attempt_failed", now, "reroute")
            self.had_effect(now)
            self.settled = self.newest.get("out_for_delivery")

    def had_effect(self, now):
        """It is a record like any other: the parcel does not expire for 60 d."""
        if self.end is None:
            self.record = now

    def accept(self, s, now):
        super().accept(s, now)
        made = self.standing()
        if s.code == "attempt_failed" and made and made.option == "reschedule" and made.arrives and s.event >= made.arrives[0] and s.event > made.at:
            made.over = True

    def says(self, record, now):
        """The recipient has what is in doubt, or does not: only the first ends that."""
        if not record.id or record.by != "recipient" or self.said is None and not self.is_open("suspect_signature"):
            return
        if self.said is not None and (self.said[0] == record.id or self.said[1] == record.change or self.answers >= ANSWERS_MAX):
            return
        self.said, self.answers = (record.id, record.change), (self.answers or 0) + 1
        if record.change == "confirmed":
            self.closes("suspect_signature", now, "reroute")
        self.had_effect(now)

    def reopen(self, s, now):
        super().reopen(s, now)
        self.said = self.answers = None

    # -- what is offered

    def phase(self):
        code = self.last.code if self.last else None
        if self.end is not None or "returning" in self.codes or self.is_open("damaged") or code in ("damaged", "refused", "lost", "cancelled"):
            return "over"
        if code == "out_for_delivery":
            return "attempted" if self.is_open("attempt_failed") else "out"
        return {"awaiting_collection": "waiting", "attempt_failed": "attempted"}.get(code, "before")

    def offered(self, record, now):
        """(when it would come,) where this may be chosen now, else None."""
        phase, standing = self.phase(), self.standing()
        if record.option not in MATRIX.get((record.by, phase), ()) or standing and standing.option == "return":
            return None
        if standing and (standing.option, standing.detail) == (record.option, record.detail):
            return None
        tour = self.tour(phase, now)
        if tour is None:
            return None
        place, slot = record.detail
        if record.option == "reschedule":
            return (slot,) if place is None and slot in slots(tour, phase == "out") else None
        if record.option in PLACES:
            perishes = set(self.ship.get("flags", ())) & PERISHABLE
            if slot is not None or place not in PLACES[record.option] or perishes:
                return None
            promise = super().promise()
            dated = phase != "before" or self.arrived() or promise is not None and promise > now
            return ((tour + TOUR[0], tour + TOUR[1]) if dated else None,)
        return (None,) if (place, slot) == (None, None) else None

    def arrived(self):
        return self.last is not None and self.last.code == "arrived_destination"

    def tour(self, phase, now):
        """The day of the tour that a choice changes."""
        promise = super().promise() if phase == "before" and not self.arrived() else None
        day = now // DAY * DAY
        if promise is not None:
            promised = promise // DAY * DAY
            day = max(day, promised if promised + TOUR[0] < promise else promised - DAY)
        ends = TOUR[1] if phase == "out" else TOUR[0]
        return next((d for d in range(day, day + LOOK_AHEAD * DAY, DAY) if d + ends - CUT_OFF >= now), None)

    # -- what it changes

    def consents(self, place_kind):
        made = self.standing()
        return super().consents(place_kind) or made is not None and made.by == "recipient" and made.option in PLACES and made.option == place_kind

    def promise(self):
        made = self.standing()
        if made and made.option == "return":
            return None
        return made.promise if made and made.promise is not None else super().promise()

    def silent_at(self):
        silent = super().silent_at()
        return None if silent and self.settled is not None and self.settled >= silent[1].event else silent


def slots(day, out):
    days = range(day + DAY * out, day + DAY * (out + DAYS_AHEAD + 1), DAY)
    return [(d + begins, d + ends) for d in days for begins, ends in SLOTS]
