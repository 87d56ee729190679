#!/usr/bin/env python3
"""The other side of the simulation: makes histories, and says what rules.md makes of what was written, in the order of the brokers.

One JSON object a line in, one out. `history`: a dirty history with the instant at which each record is written. `judge`: of the records of a
finished run, by parcel: the changes of conditions, the spans in which something is to be told, and which records are rejected; where a `mutant`
is named, by rules of which one is changed. `untold`: what is wrong with what was not told. `readings`: the names of all mutants, each of which can be made. `sift`: which of them differ on such
records, and in what. It shares nothing with src/: the rules are those of tests/reference."""
import collections, json, multiprocessing, os, sys, time, types

HERE = os.path.dirname(os.path.abspath(__file__))
REFERENCE = os.path.join(HERE, "..", "reference")
sys.path.insert(0, REFERENCE)
sys.dont_write_bytecode = True
import histories     # noqa: E402
import untold        # noqa: E402

FILES = ("decode", "route", "parcel", "choosing", "rules", "telling")
MODULES = {}
exec(open(os.path.join(REFERENCE, "mutants.txt"), encoding="utf-8").read())         # MUTANTS
exec(open(os.path.join(HERE, "mutants.txt"), encoding="utf-8").read())              # TELLING_MUTANTS, SILENT
ALL_MUTANTS = {name: edit for name, *edit in MUTANTS + TELLING_MUTANTS if name not in SILENT}


def edited(file, mutant):
    """A file of the reference, with the mutant's edit where it is one of this file."""
    with open(os.path.join(REFERENCE, file), encoding="utf-8") as f:
        text = f.read()
    where, old, new = ALL_MUTANTS[mutant] if mutant else (None, None, None)
    if where != file:
        return text
    if text.count(old) != 1:
        raise ValueError(f"mutant {mutant!r}: expected one place in {file}, found {text.count(old)}")
    return text.replace(old, new)


def rules(mutant):
    """The reference's modules, one of them edited where a mutant is named."""
    if mutant not in MODULES:
        saved = {name: sys.modules.pop(name, None) for name in FILES}
        for name in FILES:
            module = types.ModuleType(name)
            sys.modules[name] = module
            exec(compile(edited(name + ".py", mutant), name + ".py", "exec"), module.__dict__)
        MODULES[mutant] = {name: sys.modules[name] for name in FILES}
        for name, module in saved.items():
            if module is not None:
                sys.modules[name] = module
    return MODULES[mutant]


# -- judging

def read(known, records):
    """(the records of each parcel, in order, with their instants; which records are to be rejected)"""
    by_parcel, rejected = {}, []
    for n, (topic, time, offset, value) in enumerate(records):
        if topic == "shipments.v1":
            r = known["decode"].shipment(value)
            if r:
                by_parcel.setdefault(r[0], []).append(((time, 0, offset), r[2]))
        elif topic == "reroutes.v1":
            r = known["decode"].reroute(value)
            if r:
                by_parcel.setdefault(r.parcel_id, []).append(((time, 2, offset), r))
        else:
            r = known["decode"].scan(value, time)
            if r:
                by_parcel.setdefault(r.parcel_id, []).append(((time, 1, offset), r))
        if not r:
            rejected.append(n)
    return {parcel_id: [(at[0], r) for at, r in sorted(its, key=lambda x: x[0])] for parcel_id, its in by_parcel.items()}, rejected


def follow(known, parcel_id, records, request):
    """(changes of conditions, spans) of one parcel"""
    heard = known["telling"].Spans()
    known["rules"].Parcel = known["telling"].listen(known["choosing"].Choosing, heard, request["judged"])
    written = known["rules"].history(records, request["until"], request["grace"])
    conditions = []
    for c in written:
        c = {"parcel_id": parcel_id, **c}
        named = (str(c.get(k)) for k in ("parcel_id", "journey", "condition", "episode", "change", "level", "at", "limit", "cause", "held_by"))
        conditions.append([c["at"], " ".join(named) + f" {c.get('evidence', {}).get('milestone')}"])
    return conditions, [{"parcel_id": parcel_id, **span} for span in heard.all]


def judge(request):
    """records: [topic, T, offset, value]; judged: the conditions that the program under test knows."""
    known = rules(request.get("mutant"))
    by_parcel, rejected = read(known, request["records"])
    conditions, spans = [], []
    for parcel_id, records in by_parcel.items():
        written, heard = follow(known, parcel_id, records, request)
        conditions += written
        spans += heard
    return {"conditions": conditions, "spans": spans, "rejected": rejected}


# -- what was not told

# A person is told something about a parcel so often at most (`notify.gap`).
GAP = 4 * 3_600_000
# So many notices to one reader about one journey are kept; where more wait, the oldest gives way.
KEPT = 64


def not_told(request):
    """What is wrong with what was not told, or was, by what was issued and what left. notices: [key, when it was read, value]; deliveries: [when it was written,
    value]; opted: [key, when]; all in the order of their partitions. `well`: when nothing was wrong; `within`: what is true for longer then is told."""
    notices = [{**json.loads(value), "key": key, "read": read} for key, read, value in request["notices"]]
    deliveries = [{**json.loads(value), "written": written} for written, value in request["deliveries"]]
    counts = collections.Counter((n["key"], n["parcel_id"], n["journey"]) for n in notices if n["change"] == "issued")
    many = {key for (key, *_), count in counts.items() if count > KEPT}
    gone = {d["recipient_key"] for d in deliveries if d["outcome"] == "refused" and d["channel"] == "webhook"}

    def may(reason, n, before, at):
        refused = any(word.outcome == "refused" for word in before)
        if reason == "no contact" and not refused and (n.audience not in untold.PERSONS or "@" in str(n.contact.get("email"))):
            return "there is one"
        if reason == "opted out" and not any(key == n.reader and when <= at for key, when in request["opted"]):
            return "its reader has not"
        if reason == "endpoint gone" and n.reader not in gone:
            return "it never said so"
        if reason == "too many" and n.reader not in many:
            return "there are few"
        return None if reason in ("no contact", "opted out", "endpoint gone", "too many") else untold.nothing_else(reason)

    suppressed, wrong = untold.judged(notices, deliveries, request["until"], request["within"], 0, request["well"], GAP, may)
    return {"suppressed": suppressed, "wrong": [f"{what}: {said}" for what, said in wrong]}


# -- other readings

def readings(_):
    """All of them; fails where the reference has changed under one."""
    for mutant, (file, _, _) in ALL_MUTANTS.items():
        compile(edited(file, mutant), file, "exec")
    return list(ALL_MUTANTS)


# Seconds between two lines that say how far it is.
TOLD_EVERY_S = 10


def sift(request):
    """What each other reading makes of these records: `parcels`, the first of which it says something else that is judged, and its verdict on them;
    or else the condition, not judged yet, that it `waits` for. One process a core, each begun with the right reading of every parcel at hand."""
    known = rules(None)
    by_parcel, rejected = read(known, request["records"])
    right = {parcel_id: follow(known, parcel_id, records, request) for parcel_id, records in by_parcel.items()}
    SIFTED.update(request=request, by_parcel=by_parcel, rejected=rejected, right=right)
    names = request.get("readings") or list(ALL_MUTANTS)
    found, told = {}, time.monotonic()
    with multiprocessing.get_context("fork").Pool() as pool:
        for name, its in zip(names, pool.imap(sifted, names)):
            found[name] = its
            if time.monotonic() - told > TOLD_EVERY_S:
                told = time.monotonic()
                print(f"  {len(found)} of {len(names)} other readings of this seed are made", file=sys.stderr, flush=True)
    return found


SIFTED = {}

# So many parcels that a reading sees otherwise are enough. Fewer: none may last long enough for anybody to notice.
SEEN_OTHERWISE = 12


def sifted(mutant):
    known, request = rules(mutant), SIFTED["request"]
    by_parcel, rejected = SIFTED["by_parcel"], SIFTED["rejected"]
    if ALL_MUTANTS[mutant][0] == "decode.py":
        by_parcel, rejected = read(known, request["records"])
    found = {"parcels": [], "conditions": [], "spans": [], "rejected": rejected, "waits": None, "rejects": rejected != SIFTED["rejected"]}
    for parcel_id in {**by_parcel, **SIFTED["by_parcel"]}:
        conditions, spans = follow(known, parcel_id, by_parcel.get(parcel_id, []), request)
        was, heard = SIFTED["right"].get(parcel_id, ([], []))
        kinds = {c.split(" ")[2] for _, c in difference(conditions, was)} | {span["kind"] for span in difference(spans, heard)}
        if kinds & {*request["judged"], "collection", "choice"}:
            found["parcels"].append(parcel_id)
            found["conditions"] += conditions
            found["spans"] += spans
            if len(found["parcels"]) == SEEN_OTHERWISE:
                break
        elif kinds:
            found["waits"] = min(kinds)
    return found


def difference(a, b):
    return [x for x in a if x not in b] + [x for x in b if x not in a]


DO = {"history": histories.made, "judge": judge, "untold": not_told, "readings": readings, "sift": sift}


def main():
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(DO[request["do"]](request)), flush=True)


if __name__ == "__main__":
    main()
