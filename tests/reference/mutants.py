#!/usr/bin/env python3
"""mutants.py [DIR [EXPECTED]]: other readings of rules.md (as edits of this program), and how many records each one changes for DIR/shipments.ndjson
and scans.ndjson against DIR/conditions.ndjson. 0: the history does not tell the readings apart."""
import json, os, shutil, subprocess, sys, tempfile
from collections import Counter
HERE = os.path.dirname(os.path.abspath(__file__))
d = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../shared/data/rules")
exec(open(os.path.join(HERE, "mutants.txt")).read())


def load(text):
    out = Counter()
    for line in text.splitlines():
        r = json.loads(line)
        out[tuple(str(r.get(k)) for k in ("parcel_id", "journey", "condition", "change", "level", "episode", "at", "limit", "evidence"))] += 1
    return out


expected = load(open(d + "/conditions.ndjson").read())
for name, file, old, new in MUTANTS:
    with tempfile.TemporaryDirectory() as tmp:
        for f in ("decode.py", "route.py", "parcel.py", "rules.py"):
            shutil.copy(os.path.join(HERE, f), tmp)
        text = open(os.path.join(tmp, file)).read()
        if text.count(old) != 1:
            print(f"{name}: {text.count(old)} places")
            continue
        open(os.path.join(tmp, file), "w").write(text.replace(old, new))
        p = subprocess.run([sys.executable, os.path.join(tmp, "rules.py"), d + "/shipments.ndjson", d + "/scans.ndjson"], capture_output=True, text=True)
        if p.returncode:
            print(f"{name}: FAILED {p.stderr.strip().splitlines()[-1]}")
            continue
        got = load(p.stdout)
        a, b = got - expected, expected - got
        what = Counter(k[2] for k in list(a) + list(b))
        first = min(list(a) + list(b))[0] if a or b else ""
        print(f"{sum(a.values()) + sum(b.values()):6} {name}  {dict(what.most_common(3)) if what else ''} {first}", flush=True)
