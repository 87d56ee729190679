"""Reading of shipments and scans (wire.md, "scan" and "shipment"): dirty JSON in, clean objects or None (rejected) out.
Times are integers: milliseconds since 1970 UTC, finer digits cut off."""
import calendar, json, re
from zoneinfo import ZoneInfo

CODES = """picked_up sorted departed_hub arrived_hub arrived_destination out_for_delivery attempt_failed awaiting_collection
collected delivered held customs_held customs_released forwarded damaged refused returning returned lost cancelled""".split()
ORDER = {code: i for i, code in enumerate(CODES)}
HUB_CODES = {"sorted", "departed_hub", "arrived_hub", "arrived_destination"}
SKEW = 2 * 60_000
STAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|z|[+-]\d\d:\d\d)?")
UNITS = {"ns nsec": 1e-6, "us usec µs": 1e-3, "ms msec millis": 1, "s sec secs second seconds": 1000,
         "m min mins minute minutes": 60_000, "h hr hrs hour hours": 3_600_000, "d day days": 86_400_000,
         "w wk wks week weeks": 604_800_000, "M month months": 2_630_016_000, "y yr yrs year years": 31_557_600_000}
UNIT = {name: ms for names, ms in UNITS.items() for name in names.split()}


class Time(int):
    """An instant; `offset` in minutes, None for a stamp without zone (then the value is the local reading)."""
    offset = 0


def time(text):
    m = STAMP.fullmatch(text) if isinstance(text, str) else None
    if not m:
        return None
    year, month, day, hour, minute, second = (int(x) for x in m.groups()[:6])
    if not (1 <= month <= 12 and 1 <= day <= calendar.monthrange(year or 4, month)[1] and hour < 24 and minute < 60 and second < 60):
        return None
    zone, offset = m[8], None
    if zone:
        h, mi = (0, 0) if zone in "Zz" else (int(zone[1:3]), int(zone[4:6]))
        if h > 23 or mi > 59:
            return None
        offset = (h * 60 + mi) * (-1 if zone[0] == "-" else 1)
    seconds = calendar.timegm((year, month, day, hour, minute, second)) - (offset or 0) * 60
    if not calendar.timegm((2000, 1, 1, 0, 0, 0)) <= seconds < calendar.timegm((2101, 1, 1, 0, 0, 0)):
        return None
    t = Time(seconds * 1000 + int(((m[7] or "") + "000")[:3]))
    t.offset = offset
    return t


def zoned(text):
    t = time(text)
    return t if t is not None and t.offset is not None else None


def duration(text):
    """humantime"""
    if not isinstance(text, str):
        return None
    if text.strip() == "0":
        return 0
    parts = re.findall(r"\s*(\d+)\s*([a-zA-Zµ]+)\s*", text)
    if not parts or "".join(n + u for n, u in parts) != "".join(text.split()) or any(u not in UNIT for _, u in parts):
        return None
    return int(sum(int(n) * UNIT[u] for n, u in parts))


def string(v):
    return v if isinstance(v, str) else None


def valid_id(v):
    return isinstance(v, str) and 1 <= len(v) <= 64 and v.isprintable()


def load(line):
    try:
        r = json.loads(line)
    except ValueError:
        return None
    return r if isinstance(r, dict) and valid_id(r.get("parcel_id")) else None


class Scan:
    pass


def scan(line, at=None):
    """`at`: the record's own time, where a broker gives one; else upload_time, else event_time."""
    r = load(line)
    if not r or r.get("code") not in CODES:
        return None
    s = Scan()
    s.parcel_id, s.code, s.hub, s.place_kind = r["parcel_id"], r["code"], string(r.get("hub")), string(r.get("place_kind"))
    s.upload = zoned(r.get("upload_time"))
    stamp = time(r.get("event_time"))
    if stamp is None or (s.code in HUB_CODES and s.hub is None) or (stamp.offset is None and s.upload is None and at is None):
        return None
    s.time = at if at is not None else int(stamp if s.upload is None else s.upload)
    s.identity = (s.code, s.hub, int(stamp) // 1000, stamp.offset is None)
    instead = s.upload if s.upload is not None else Time(s.time)
    s.event = instead if stamp.offset is None or stamp > s.time + SKEW else stamp
    s.offset, s.event = s.event.offset, int(s.event)
    s.rank = (s.event, ORDER[s.code])
    return s


def route(v):
    """A list of (code, hub, within); None where malformed."""
    if not isinstance(v, list) or any(not isinstance(m, dict) or m.get("code") not in CODES for m in v):
        return None
    return [(m["code"], string(m.get("hub")), duration(m.get("within"))) for m in v]


def hub_of(v):
    return v if isinstance(v, dict) else None


def texts(v):
    return v if isinstance(v, list) and all(isinstance(x, str) for x in v) else None


def recipient(v):
    return v if isinstance(v, dict) else None


def zone(name):
    try:
        return ZoneInfo(name) if isinstance(name, str) else None
    except (OSError, ValueError, KeyError):
        return None


FIELDS = {"shipped_at": zoned, "promise": zoned, "service": string, "route": route, "origin": hub_of, "destination": hub_of,
          "recipient": recipient, "sender": recipient, "consent": texts, "flags": texts, "cancelled": lambda v: v if isinstance(v, bool) else None}


def shipment(line):
    """(parcel_id, time, the named fields); absent, null and malformed optional ones are left out."""
    r = load(line)
    ordered = zoned(r.get("ordered_at")) if r else None
    if ordered is None:
        return None
    fields = {"ordered_at": ordered}
    for name, read in FIELDS.items():
        v = read(r.get(name))
        if v is not None:
            fields[name] = v
    updated = zoned(r.get("updated_at"))
    return r["parcel_id"], int(ordered if updated is None else updated), fields


class Choice:
    """A record of `reroutes.v1`."""
    is_choice = True


OPTIONS = "reschedule locker station outlet address safe_place neighbour hold return".split()


def reroute(line):
    r = load(line)
    if not r or r.get("change") not in ("requested", "accepted", "refused", "cancelled", "revoked", "confirmed", "denied"):
        return None
    c = Choice()
    journey = r.get("journey")
    if journey is None and r["change"] != "requested":
        journey = 0
    elif not isinstance(journey, int) or isinstance(journey, bool) or not 1 <= journey < 1 << 32:
        return None
    of_choice = r["change"] not in ("revoked", "confirmed", "denied")
    if r.get("option") not in OPTIONS and (of_choice or r.get("option") is not None):
        return None
    c.parcel_id, c.id, c.change, c.option, c.journey = r["parcel_id"], string(r.get("id")) or "", r["change"], r.get("option"), journey
    detail = r.get("detail") if isinstance(r.get("detail"), dict) else {}
    slot = detail.get("slot") or {}
    slot = (zoned(slot.get("from")), zoned(slot.get("to")))
    c.detail = (string(detail.get("place")), None if None in slot else (int(slot[0]), int(slot[1])))
    c.by = "sender" if r.get("by") == "sender" else "recipient"
    return c
