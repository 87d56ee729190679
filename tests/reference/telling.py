"""What may and must be told of a parcel (rules.md, "Who is told", with the defaults): every span in which something holds that somebody is told.

A span is of one condition at one level, or of a `collection`. `at` holds the instants at which it became to be told: the change's own, and that
of the shipment that made a shell known. `to` is when it ended, None while it holds, `by` how; `hub_until` is when no hub was to be told of it any more,
though it holds: its shell became known, or was scanned where no hub is named. `well`: whether nobody is to be kept from hearing that it is over by how its
journey went: it was never sent back, lost or cancelled, and has not expired."""
from parcel import Parcel

PEOPLE = {
    "never_uploaded": ("recipient", "merchant"), "stalled": ("recipient", "merchant"), "delayed": ("recipient", "merchant"),
    "thoroughly_delayed": ("recipient", "merchant", "customer_service"), "damaged": ("recipient", "merchant", "customer_service"),
    "refused": ("recipient", "merchant", "customer_service"), "lost": ("recipient", "merchant", "customer_service"),
    "attempt_failed": ("recipient",), "uncollected": ("recipient",), "collection": ("recipient",), "customs_held": ("recipient", "merchant"),
    "suspect_signature": ("recipient",),
}
HUBS = set("never_uploaded stalled overdue_scan skipped_scan misrouted looping uploaded_late dispatch_overdue unconsented_drop".split())
RESTS = ("stalled", "uncollected")
MOVES_TO_SENDER = ("attempt_failed", "uncollected", "collection")


def people(kind, level, shell, returning):
    """Whom of the people concerned this is for."""
    if shell or kind == "stalled" and level == "info":
        return []
    audiences = PEOPLE.get(kind, ())
    if returning and kind in MOVES_TO_SENDER:
        audiences = ["sender" if a == "recipient" else a for a in audiences]
    return list(audiences)


class Spans:
    """Listens to parcels."""

    def __init__(self):
        self.all, self.open, self.ill = [], {}, set()

    def begin(self, parcel, kind, key, level, episode, at, held):
        span = {"journey": parcel.journey, "kind": kind, "level": level, "episode": episode, "from": at, "to": None, "by": None,
                "told": [] if held else [[at, a] for a in self.audiences(parcel, kind, level)], "quiet": [], "choice": None, "hub": kind in HUBS or parcel.ship is None and kind != "collection", "hub_until": None,
                "well": parcel.journey not in self.ill}
        if not held and self.hub(parcel, kind, key):
            span["told"].append([at, "hub_ops"])
        self.open[parcel.journey, kind, key] = span
        self.all.append(span)
        self.rests(parcel, span, at)

    def goes_ill(self, journey):
        """The journey's end, or what it has come to, is none that is told as all being well."""
        self.ill.add(journey)
        for span in self.all:
            if span["journey"] == journey:
                span["well"] = False

    def hubless(self, parcel, at):
        """Something has changed: where no hub is to be told any more, that is noted."""
        for (journey, kind, key), span in self.open.items():
            if journey == parcel.journey and span["hub_until"] is None and self.hub(parcel, kind, key) is None:
                span["hub_until"] = at

    def hub(self, parcel, kind, key):
        """The hub that is told: the awaited milestone's, else the last scan's, else where the parcel comes from."""
        if kind not in HUBS and (parcel.ship is not None or kind not in PEOPLE or kind == "collection"):
            return None
        milestones = parcel.route.milestones if parcel.route else []
        # Another reading may keep what was open by a longer route before.
        awaited = milestones[key][1] if isinstance(key, int) and key < len(milestones) else None
        last = parcel.last.hub if parcel.last else None
        return awaited or last or ((parcel.ship or {}).get("origin") or {}).get("hub")

    def audiences(self, parcel, kind, level):
        told = people(kind, level, parcel.ship is None, "returning" in parcel.newest)
        # Of whom nothing is known, nobody can be told anything.
        return [a for a in told if a != "recipient" or (parcel.ship or {}).get("recipient")]

    def finish(self, parcel, kind, key, at, by):
        span = self.open.pop((parcel.journey, kind, key), None)
        if span:
            span["to"], span["by"] = at, by
            self.rouse(span, at)

    def rests(self, parcel, span, at):
        """An appointment that was confirmed quiets what says that the parcel rests."""
        until = parcel.appointment(at) if span["kind"] in RESTS else None
        if until is not None:
            span["quiet"].append([at, until])

    def rouse(self, span, at):
        if span["quiet"]:
            span["quiet"][-1][1] = min(at, span["quiet"][-1][1])

    def chosen(self, parcel, made, at):
        """Something became of a choice: its chooser is told, in place of what became of it before."""
        known = (parcel.ship or {}).get("recipient") if made.by == "recipient" else (parcel.ship or {}).get("sender")
        key = "choice", made.id
        self.finish(parcel, *key, at, ("instant", "reroute"))
        self.begin(parcel, *key, "info", 0, at, False)
        span = self.open[parcel.journey, *key]
        span["told"], span["hub"], span["choice"] = [[at, made.by]] if known else [], False, [made.id, made.change]
        self.appointed(parcel, at)

    def appointed(self, parcel, at):
        """What stands has changed: what is open is quiet from now on, or no more."""
        for (journey, _, _), span in self.open.items():
            if journey == parcel.journey:
                self.rouse(span, at)
                self.rests(parcel, span, at)

    def change(self, parcel, key, c):
        kind, change = c["condition"], c["change"]
        if change != "opened":
            self.finish(parcel, kind, key, c["at"], (change, c["cause"]))
        if change in ("opened", "escalated"):
            self.begin(parcel, kind, key, c["level"], c["episode"], c["at"], "held_by" in c)
            if kind == "uploaded_late":
                self.finish(parcel, kind, key, c["at"], ("instant", c["cause"]))

    def announced(self, parcel, now):
        for (journey, kind, _), span in self.open.items():
            held = kind == "stalled" and (parcel.is_open("held") or parcel.is_open("customs_held"))
            if journey == parcel.journey and kind not in HUBS:
                # A hub that has not been told of a shell by then need not be: it is one no more.
                span["told"] = [told for told in span["told"] if told[1] != "hub_ops"]
            if journey == parcel.journey and not held:
                span["told"] += [[now, a] for a in self.audiences(parcel, kind, span["level"])]
        self.hubless(parcel, now)


def listen(parcel_class, spans, judged):
    """The same parcels, heard by `spans`; a condition that is not `judged` explains nothing."""

    class Heard(parcel_class):
        def is_open(self, condition):
            return (condition != "customs_held" or condition in judged) and super().is_open(condition)

        def write(self, change, condition, key, at, limit, cause, step=0):
            super().write(change, condition, key, at, limit, cause, step)
            spans.change(self, key, self.written[-1])

        def new_last(self, s, now):
            before = self.awaiting
            super().new_last(s, now)
            spans.hubless(self, now)
            if self.awaiting == before:
                return
            if before is not None:
                spans.finish(self, "collection", None, now, ("moved", "scan"))
            if self.awaiting is not None:
                spans.begin(self, "collection", None, "info", 0, now, False)

        def ends(self, event, code, now, cause, by=None):
            super().ends(event, code, now, cause, by)
            spans.finish(self, "collection", None, now, ("end", cause))
            if code not in ("delivered", "collected"):
                spans.goes_ill(self.journey)

        def heard(self, made, now):
            spans.chosen(self, made, now)

        def accept(self, s, now):
            before = self.standing()
            super().accept(s, now)
            if s.code == "returning":
                spans.goes_ill(self.journey)
            if self.standing() is not before:
                spans.appointed(self, now)

        def requested(self, record, now):
            before = self.standing()
            super().requested(record, now)
            if self.standing() is not before:
                if before is not None:
                    # Replaced: what became of it is news no more, where nobody was told until now.
                    spans.finish(self, "choice", before.id, now, ("instant", "reroute"))
                spans.appointed(self, now)

        def shipment(self, fields, now):
            was_shell = self.ship is None
            super().shipment(fields, now)
            if was_shell and self.ship is not None:
                spans.announced(self, now)

    return Heard
