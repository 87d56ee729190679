#!/usr/bin/env python3
"""show.py DIR PARCEL [CONDITION,..]: a parcel's records in replay order, between them the expected conditions of DIR."""
import json, sys
import decode
from rules import inputs, show
d, pid = sys.argv[1:3]
only = sys.argv[3].split(",") if len(sys.argv) > 3 else None
its = []
for t, r, p, x in inputs(d + "/shipments.ndjson", d + "/scans.ndjson"):
    if p == pid:
        if isinstance(x, dict):
            its.append((t, 0, r, f"SHIP {show(t)} " + json.dumps(x, ensure_ascii=False)))
        else:
            its.append((t, 0, r, f"scan {show(t)} ev {show(x.event)} {x.code} {x.hub} {x.place_kind or ''} {'U' if x.upload is not None else ''}"))
for n, line in enumerate(open(d + "/conditions.ndjson")):
    c = json.loads(line)
    if c["parcel_id"] == pid and (not only or c["condition"] in only):
        its.append((decode.zoned(c["at"]), 1, (n,), "      " + " ".join(str(c.get(k, "")) for k in ("at", "condition", "change", "level", "journey", "episode", "limit", "cause", "evidence"))))
for *_, text in sorted(its, key=lambda x: x[:3]):
    print(text)
