"""What was not told, and whether rightly: rules.md, "Who is told", from "Only what is worse or other" on, read from what was issued and what left.

In come the notices of `notices.v1` and the records of `deliveries.v1`, each in the order of its partition; out come sentences about what is not as it
should be. A *thread* is what one reader (recipient key) is told of one journey of a parcel.

A reader *knows* of a group what left (delivered, or of unknown outcome), unless it was undone: by a `recovered` that left later, since that says that
nothing stands; or by a `corrected` that names it, or the same opening at another level, and has left or waits to. What is withdrawn, suppressed, expired or
held told nobody. So, of every notice to people:
- `not worse` holds where its reader knew as much or worse of that group, and no other date is named than the last one that they read;
- `superseded`, where one as bad or worse of its group stood that left or waited, and came later or is worse. If that was over before this, and told nobody,
  its reader heard of neither: then it does not hold;
- `withdrawn`, where it was over; `nothing told`, where its reader knew nothing of what it resolves;
- `in digest`: only what a merchant that collects is told of conditions (hubs are told nothing else, and are not read here);
- `still open` and `other news`, of a `recovered`, where something else that its reader knew of stood; or where something else waited, or had left, that is of
  its scan or later. Where that is of another scan, and told nobody in the end, it does not hold;
- what left was news by the same measure: a `recovered` while something stands that its reader knew of is wrong, and so is a `corrected` of what never reached
  them, or one that would hide what stands and was not told as being no worse;
- whatever else was true for long was sent, but for what waits behind something worse, all being well behind any news, and a correction while it would hide what
  stands.

Where the records cannot tell, either way is right. They cannot tell at which instant a notice was read, only that it was at or after its own time, at
most `slack` later, and before anything was decided of it or of a later one; nor when an attempt was claimed, only that it was before its outcome was
written. What left before what, and what was decided after which outcome, they tell exactly: both stand in one partition, in the order in which they
happened."""
import json
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

LEVELS = ["info", "warn", "major", "critical"]
LATENESS = ["never_uploaded", "stalled", "delay_predicted", "delayed", "thoroughly_delayed"]
# Each is news: compared with nothing but a repeat of itself.
NEWS = {"attempt_failed", "collection", "choice", "digest"}
OVER = {"recovered", "corrected"}
# It opens, is told, and never ends.
INSTANTS = {"uploaded_late"}
# By how much a date has to move to be news.
ANOTHER_DATE = timedelta(hours=4)
PERSONS = ("recipient", "sender")
LEFT = ("delivered", "unknown")
ENDED = ("suppressed", "expired", "shadow")


def group(kind):
    return "lateness" if kind in LATENESS else kind


def instant(text):
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return at if at.tzinfo else at.replace(tzinfo=timezone.utc)


def millis(text):
    return (instant(text) - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(milliseconds=1)


class Notice:
    """One that was issued: what it says, when it was written (and read, at the earliest), and from when on it may be known to be over."""

    def __init__(self, order, n, read):
        # Its place in the partition and that of what said that it is over.
        self.order, self.over_order = order, None
        self.read, self.over_from, self.reader = read, None, None
        self.id, self.kind, self.level, self.episode = n["id"], n["kind"], n["level"], n["episode"]
        self.audience, self.resolves = n["audience"], set(n.get("resolves") or ())
        self.at, self.expires = millis(n["at"]), millis(n["expires"])
        self.group = group(self.kind)
        self.rank = LEVELS.index(self.level), LATENESS.index(self.kind) if self.kind in LATENESS else 0
        self.is_condition = self.kind not in OVER and self.kind not in ("collection", "choice", "digest")
        self.contact = n.get("recipient") or {}
        facts = n.get("facts") or {}
        date = (facts.get("eta") or {}).get("to") or facts.get("promise")
        self.date = instant(date) if date else None
        self.brief = " ".join(str(n.get(k)) for k in ("id", "parcel_id", "journey", "kind", "episode", "level", "audience", "at"))

    def ends(self, at, order):
        if self.over_from is None:
            self.over_from, self.over_order = at, order

    def same_opening(self, other):
        return self.is_condition and self.kind == other.kind and self.episode == other.episode

    def day(self):
        try:
            zone = ZoneInfo(self.contact.get("time_zone") or "UTC")
        except (KeyError, ValueError, OSError, TypeError):
            zone = timezone.utc
        return self.date.astimezone(zone).date()

    def has_other_date(self, last):
        return self.date is not None and last is not None and (self.day() != last.day() or abs(self.date - last.date) >= ANOTHER_DATE)


class Word:
    """A record of a decision or an attempt's outcome."""

    def __init__(self, d):
        self.id, self.decision, self.outcome, self.reason = d["notice_id"], d["decision"], d.get("outcome"), d.get("reason")
        self.attempt = d.get("attempt") or 0
        # Of a decision the instant by the notices' time; of an outcome the channel's clock. An attempt was claimed before `by`, at which that was written.
        self.at = millis(d["at"])
        self.by = d.get("written", self.at)

    def __str__(self):
        return f"{self.decision} {self.outcome or ''} ({self.reason}) at {self.at}"


class Thread:
    """What one reader was told of one journey. `slack`: how much later than its time a notice is read at most."""

    def __init__(self, slack):
        self.slack = slack
        # Up to this place of the partition all is read: something was decided of the notice there.
        self.seen = -1
        self.notices, self.words, self.by_id = [], [], {}
        self.of = defaultdict(list)

    def issued(self, n):
        for earlier in self.notices:
            if earlier.id in n.resolves or n.is_condition and earlier.kind == n.kind and earlier.episode < n.episode:
                earlier.ends(n.read, n.order)
        self.notices.append(n)
        self.by_id[n.id] = n

    def said(self, word):
        self.of[word.id].append((len(self.words), word))
        self.words.append(word)

    # -- what is on record before word `p`

    def left(self, n, p):
        """The place of the first attempt that left, by what was last heard of it; None where none did."""
        first, heard = {}, {}
        for i, word in self.of[n.id]:
            if i < p and word.decision == "sent" and word.outcome:
                first.setdefault(word.attempt, i)
                heard[word.attempt] = word.outcome
        return next((first[attempt] for attempt in sorted(first) if heard[attempt] in LEFT), None)

    def may_have_left(self, n, p):
        """Whether it counted as having left at some time before."""
        return any(i < p and word.outcome in LEFT for i, word in self.of[n.id])

    def told(self, p):
        return [n for n in self.notices if self.left(n, p) is not None]

    def has_ended(self, n, p):
        """Whether nothing more becomes of it, for sure."""
        return any(i < p and (word.decision in ENDED or word.outcome == "delivered") for i, word in self.of[n.id])

    def may_wait(self, n, p, at):
        return n.read <= at and not self.has_ended(n, p)

    def is_read(self, read, order, at):
        """Whether a record is surely read by then."""
        return order <= self.seen or read + self.slack < at

    def must_wait(self, n, p, at):
        outcomes = ("delivered", "unknown", "refused")
        return self.is_read(n.read, n.order, at) and not any(i < p and (word.decision in ENDED or word.outcome in outcomes) for i, word in self.of[n.id])

    def was_no_worse(self, n, p):
        return any(i < p and word.decision == "suppressed" and word.reason == "not worse" for i, word in self.of[n.id])

    # -- what is over, and what a correction speaks of

    def may_stand(self, n, at):
        """Whether it may not be known yet that it is over."""
        return n.over_from is None or not self.is_read(n.over_from, n.over_order, at)

    def must_stand(self, n, at):
        return n.over_from is None or n.over_from > at

    def takes_back(self, correction, n):
        return any(i == n.id or i in self.by_id and self.by_id[i].same_opening(n) for i in correction.resolves)

    # -- what its reader knows

    def undone(self, n, p):
        """Whether its reader has read, later, that it is over or was never so."""
        since = self.left(n, p)
        for later in self.notices:
            when = self.left(later, p) if later.kind in OVER else None
            if when is not None and when > since and (later.kind == "recovered" or self.takes_back(later, n)):
                return True
        return False

    def known(self, of, p, at, waits):
        """What the reader knows of a group. `waits(correction, p, at)`: whether a correction is about to undo it."""
        about_to = [c for c in self.notices if c.kind == "corrected" and waits(c, p, at)]
        return [n for n in self.told(p) if n.group == of and not self.undone(n, p) and not any(self.takes_back(c, n) for c in about_to)]

    def surely_known(self, of, p, at):
        return self.known(of, p, at, self.may_wait)

    def perhaps_known(self, of, p, at):
        return self.known(of, p, at, self.must_wait)

    def last_date(self, p):
        dated = [n for n in self.told(p) if n.date is not None]
        return max(dated, key=lambda n: self.left(n, p), default=None)

    def as_bad(self, n, known, p):
        """Of what is known, what makes this notice no news."""
        if n.group == "lateness" and n.has_other_date(self.last_date(p)):
            return []
        # A parcel that waits to be collected again is another matter than the time before.
        return [k for k in known if k.rank >= n.rank and (n.kind != "uncollected" or k.same_opening(n))]

    def is_no_news(self, n, p, at, known_of):
        """Whether this condition's notice says nothing that its reader would not know, by either measure of what they know."""
        if n.kind == "attempt_failed":
            return any(k.same_opening(n) for k in self.told(p))
        return n.kind not in NEWS and bool(self.as_bad(n, known_of(n.group, p, at), p))

    # -- whether a reason holds; each gives what is wrong with it, or None

    def not_worse(self, n, p, at):
        if n.kind in OVER or not self.is_no_news(n, p, at, self.perhaps_known):
            return "its reader knew nothing as bad"

    def stronger(self, n):
        """What takes a notice's place, if it is told."""
        def is_one(other):
            if n.kind in OVER:
                return n.kind == other.kind == "recovered" and other.order > n.order
            return other.group == n.group and (other.rank > n.rank or other.rank == n.rank and other.order > n.order)
        return [other for other in self.notices if other is not n and is_one(other)]

    def ended_untold(self, n):
        """When it was over, where that came before it could leave; None otherwise."""
        return None if self.may_have_left(n, len(self.words)) else n.over_from

    def superseded(self, n, p, at):
        waited = [other for other in self.stronger(n) if self.may_stand(other, at) and (self.may_wait(other, p, at) or self.may_have_left(other, p))]
        if not waited:
            return "nothing took its place"
        untold = [self.ended_untold(other) for other in waited]
        if None in untold or n.over_from is not None and n.over_from <= max(untold):
            return None
        return f"what took its place told nobody: {waited[0].brief}"

    def withdrawn(self, n, p, at):
        if n.over_from is None or n.over_from > at:
            return "it was not over"

    def resolved(self, n):
        return [self.by_id[i] for i in n.resolves if i in self.by_id]

    def nothing_told(self, n, p, at):
        if n.kind == "corrected":
            mistaken = [k for k in self.told(p) if self.takes_back(n, k)]
            return mistaken and f"its reader was told {mistaken[0].brief}"
        if n.kind == "recovered":
            known = [k for of in {r.group for r in self.resolved(n)} for k in self.surely_known(of, p, at)]
            return known and f"its reader knew of {known[0].brief}"
        return "it resolves nothing"

    def still_open(self, n, p, at):
        if n.kind != "recovered":
            return "it does not say that all is well"
        for other in self.notices:
            if not other.is_condition or other.kind in INSTANTS or other.read > at or not self.may_stand(other, at):
                continue
            newer = other.order > n.order and self.perhaps_known(other.group, p, at)
            if self.left(other, p) is not None or self.was_no_worse(other, p) or newer:
                return None
        return "nothing stood that its reader knew of"

    def other_news(self, n, p, at):
        if n.kind != "recovered":
            return "it does not say that all is well"
        others = [o for o in self.notices if o.kind not in OVER and (
            self.may_wait(o, p, at) and self.may_stand(o, at) or o.at >= n.at and self.may_have_left(o, p))]
        if not others:
            return "nothing else was to be told"
        if not any(other.at == n.at or self.ended_untold(other) is None for other in others):
            return f"what was to be told told nobody: {others[0].brief}"

    def in_digest(self, n, p, at):
        # Whether it is in that digest, and should be, is for those to say who read digests.
        if n.audience != "merchant" or n.level == "critical" or not n.is_condition:
            return "it is told by itself"

    REASONS = {"not worse": not_worse, "superseded": superseded, "withdrawn": withdrawn, "nothing told": nothing_told,
               "still open": still_open, "other news": other_news, "in digest": in_digest}

    # -- whether what left was to leave

    def sent(self, n, p, word):
        """What is wrong with its having been sent; its first word is `word`."""
        if n.kind == "recovered":
            told = [k for k in self.notices if self.may_have_left(k, p)]
            if not any(k.group in {r.group for r in self.resolved(n)} for k in told):
                return "its reader was told nothing of what is over"
            for other in self.notices:
                knows = self.left(other, p) is not None or self.was_no_worse(other, p)
                if other.is_condition and other.kind not in INSTANTS and other is not n and knows and self.must_stand(other, word.by):
                    return f"{other.brief} stands, of which its reader knows"
                if other.kind not in OVER and other.at == n.at and self.left(other, p) is not None:
                    return f"{other.brief} was told of its scan"
        elif n.kind == "corrected":
            mistaken = [k for k in self.notices if self.may_have_left(k, p) and self.takes_back(n, k)]
            if not mistaken:
                return "its reader was told nothing of what it takes back"
            for other in self.notices:
                hidden = self.was_no_worse(other, p) and self.must_stand(other, word.by) and any(k.group == other.group for k in mistaken)
                if hidden and not any(k.rank >= other.rank for k in self.known(other.group, p, word.by, lambda c, *_: c is n)):
                    return f"it hides {other.brief}, which stands and was not told as being no worse"
        elif self.is_no_news(n, p, word.by, self.surely_known):
            return "its reader knew as much"
        return None

    # -- what became of each

    def judged(self, may):
        """What is wrong with what was decided. `may(reason, notice, words before, at)`: what is wrong with any other reason not to tell somebody."""
        sent = set()
        for p, word in enumerate(self.words):
            n = self.by_id.get(word.id)
            if n is None:
                continue
            self.seen = max(self.seen, n.order)
            if word.decision == "suppressed":
                reason = self.REASONS.get(word.reason)
                wrong = reason(self, n, p, word.at) if reason else may(word.reason, n, [w for i, w in self.of[n.id] if i < p], word.at)
                if wrong:
                    yield "lost", f"suppressed as {word.reason}, and {wrong}: {n.brief}; {word}"
            elif word.decision == "expired" and word.at < n.expires:
                yield "lost", f"expired before its time: {n.brief}; {word}"
            elif word.decision == "sent" and n.id not in sent:
                sent.add(n.id)
                wrong = self.sent(n, p, word)
                if wrong:
                    yield "wrong", f"sent, and {wrong}: {n.brief}; {word}"

    def waits(self, n, until):
        """From when to when nothing was decided of it that counts, though it was to be told."""
        counts = [w.by for _, w in self.of[n.id] if w.decision != "held"]
        behind = self.stronger(n)
        if n.kind == "recovered":
            behind += [other for other in self.notices if other.kind not in OVER]
        if n.kind == "corrected":
            # It waits while it would hide what stands.
            behind = [k for k in self.notices if self.was_no_worse(k, len(self.words)) and any(k.group == r.group for r in self.resolved(n))]
            since = max([n.read, *(until if k.over_from is None else k.over_from for k in behind)])
        else:
            since = max([n.read, *(self.waited_until(other, until) for other in behind)])
        return since, min([until, *counts, n.expires, *([] if n.over_from is None else [n.over_from])])

    def waited_until(self, n, until):
        """When it left for the last time, or ended."""
        said = [w.by for _, w in self.of[n.id] if w.decision in ENDED or w.outcome in LEFT]
        return max(said) if said else until if n.over_from is None else n.over_from

    def unfinished(self, until):
        """What stands, and neither left nor was ended by anybody; but for what waits behind something that has not ended either."""
        for n in self.notices:
            p, (since, _) = len(self.words), self.waits(n, until)
            if n.read <= until and n.over_from is None and since < until and self.left(n, p) is None and not self.has_ended(n, p):
                yield "lost", f"issued and not told: {n.brief}; {[str(w) for _, w in self.of[n.id]]}"

    def late(self, until, within, well, gap):
        """What was true for longer than `within` in one of the spans `well`, and nothing was decided of it. A person is told something every `gap`."""
        for n in self.notices:
            since, to = self.waits(n, until)
            gaps = 0
            if n.audience in PERSONS and n.kind not in NEWS and gap:
                heard = [w for w in self.words if w.outcome in LEFT and since - gap - within <= w.by <= to]
                gaps = gap * (len(heard) + 1)
            waited = max((min(to, end) - max(since, begin) for begin, end in well), default=0)
            if waited > within + gaps:
                yield "lost", f"true for {waited} ms and nothing became of it: {n.brief}; {[str(w) for _, w in self.of[n.id]]}"


def nothing_else(reason, *_):
    return "nothing of the kind is so"


def threads(notices, deliveries, slack):
    """Threads of people's notices: what hubs are told goes into digests. A notice is of the reader by whose key it was written (`key`), or that a record of it
    names; `read` is its time in milliseconds."""
    keys = {d["notice_id"]: d["recipient_key"] for d in deliveries if d.get("recipient_key")}
    found, of = {}, {}
    for order, n in enumerate(notices):
        if n["change"] == "withdrawn":
            if n["id"] in of:
                of[n["id"]][1].ends(n["read"], order)
        elif n["audience"] != "hub_ops" and n["kind"] != "digest" and n["id"] not in of:
            reader = n.get("key") or keys.get(n["id"]) or n["audience"] + json.dumps(n.get("recipient") or n.get("merchant"), sort_keys=True)
            thread = found.setdefault((reader, n["parcel_id"], n["journey"]), Thread(slack))
            notice = Notice(order, n, n["read"])
            notice.reader = reader
            thread.issued(notice)
            of[n["id"]] = thread, notice
    for d in deliveries:
        if d["notice_id"] in of:
            of[d["notice_id"]][0].said(Word(d))
    return found


def judged(notices, deliveries, until, within, slack, well=None, gap=0, may=nothing_else):
    """(how many were suppressed, by kind and reason, [(lost or wrong, a sentence)])"""
    wrong, suppressed = [], Counter()
    for key, thread in threads(notices, deliveries, slack).items():
        for word in thread.words:
            if word.decision == "suppressed":
                kind = thread.by_id[word.id].kind
                suppressed[f"{kind if kind in OVER else 'notice'} {word.reason}"] += 1
        found = [*thread.judged(may), *thread.late(until, within, well or [(0, until)], gap)]
        wrong += [(what, f"{said}, to {key[0]}") for what, said in found]
    return suppressed, wrong
