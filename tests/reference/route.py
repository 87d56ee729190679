"""Milestones (rules.md, "Route"): which scan is which milestone, what is due, what is missing."""
from decode import CODES

LAST_MILE = set("out_for_delivery attempt_failed awaiting_collection collected delivered refused".split())


class Route:
    def __init__(self, milestones, start):
        self.milestones = milestones
        self.start = start      # shipped_at, else ordered_at
        self.scanned = {}       # index -> event_time of its first scan
        self.stand = None       # event_time of the last-mile scan that stands for all that is not last mile
        self.told = set()       # missing milestones whose skipped_scan was opened
        self.overdue = set()    # milestones whose overdue_scan was opened
        self.missing = {}       # index -> when the scan of a later milestone was read

    def furthest(self):
        return max(self.scanned, default=None)

    def last_mile(self, i):
        return self.milestones[i][0] in LAST_MILE

    def find(self, s):
        fits = [i for i, (code, hub, _) in enumerate(self.milestones)
                if i not in self.scanned and code == s.code and (hub is None or s.hub is None or hub == s.hub)]
        far = self.furthest()
        if far is None:
            return fits[0] if fits else None
        after, before = [i for i in fits if i > far], [i for i in fits if i < far]
        if s.event >= self.scanned[far] and after:
            return after[0]
        return before[0] if before else None

    def apply(self, s, read):
        """Returns (milestone filled or None, whether the scan stands for all but last mile)."""
        i = self.find(s)
        if i is not None:
            self.scanned[i] = s.event
            self.missing.pop(i, None)
            self.miss(i, read)
        far = self.furthest()
        stands = s.code in LAST_MILE and (far is None or s.event >= self.scanned[far])
        if stands:
            self.stand = max(s.event, self.stand or s.event)
            self.miss(self.stood_for() + 1, read)
        return i, stands

    def stood_for(self):
        """The last milestone that a last-mile scan stands for, -1 if there is none."""
        return max((i for i in range(len(self.milestones)) if not self.last_mile(i)), default=-1)

    def miss(self, before, read):
        for j in range(before):
            if j not in self.scanned:
                self.missing[j] = min(read, self.missing.get(j, read))

    def due(self):
        """(milestone, due time) or None."""
        far = -1 if self.furthest() is None else self.furthest()
        base = self.start if far < 0 else self.scanned[far]
        if self.stand is not None and self.stood_for() >= far:
            far, base = self.stood_for(), self.stand
        if far + 1 >= len(self.milestones) or self.milestones[far + 1][2] is None:
            return None
        return far + 1, base + self.milestones[far + 1][2]
