"""Journeys that tell readings of rules.md apart which chance rarely does: a text for each, with why.

A line is when it is read (H:MM, from the first day on), what, and words: `ship KEY=VALUE...` or `CODE [HUB] [@H:MM] [kind=...]`, `@` being the
event_time where that is another; or `choose OPTION ID [slot=H:MM-H:MM] [place=...] [by=sender] [journey=N]`, or `answer accepted|refused OPTION ID [journey=N]`. A route is `code/within` or `code@hub/within`, one after the other. `+N` are N of these scans, five minutes apart."""
import json
from datetime import datetime, timezone

MINUTE, HOUR = 60_000, 3_600_000

SCENES = {
    "repeat of a scan that the journey before saw after its end": """
        0:00 ship service=air
        1:00 picked_up
        2:00 delivered
        5:00 out_for_delivery
        6:00 ship ordered=4:00 service=air
        7:00 out_for_delivery @5:00""",
    "an end's other scans do not count after lost": """
        0:00 ship service=air
        1:00 picked_up
        10:00 lost
        11:00 departed_hub H01 @5:00
        20:00 sorted H01
        60:00 held""",
    "two last scans of one time and code": """
        0:00 ship service=air
        0:10 arrived_hub H01 @0:05
        14:00 arrived_hub H02 @0:05""",
    "a promise that changes after the pickup": """
        0:00 ship service=inter-city promise=20:00
        1:00 picked_up
        2:00 ship promise=40:00
        42:00 held""",
    "the first scan read is not the earliest": """
        0:00 ship service=same-city
        5:00 sorted H01
        6:00 arrived_hub H01 @2:00
        32:00 held""",
    "a delay that comes back after lost": """
        0:00 ship promise=5:00
        1:00 sorted H01
        8:00 lost
        10:00 arrived_hub H02
        12:00 held""",
    "an open delay keeps the promise that it opened with": """
        0:00 ship promise=5:00
        1:00 sorted H01
        6:00 ship promise=40:00
        7:30 delivered @7:00""",
    "delivered within the grace, read late": """
        0:00 ship promise=5:00
        1:00 sorted H01
        8:00 delivered @5:15""",
    "delivered at the promise, read late": """
        0:00 ship promise=5:00
        1:00 sorted H01
        8:00 delivered @5:00""",
    "two scans that stand, the older one read later": """
        0:00 ship route=picked_up/2:00,delivered/3:00
        1:00 picked_up
        10:00 out_for_delivery
        10:30 attempt_failed @8:00
        15:00 held""",
    "shipped later than was said": """
        0:00 ship route=picked_up/2:00
        1:00 ship shipped=5:00
        9:00 picked_up""",
    "a place without consent, then one with": """
        0:00 ship consent=station
        1:00 awaiting_collection kind=locker
        2:00 awaiting_collection kind=station
        3:00 awaiting_collection kind=locker
        4:00 delivered""",
    "a shell that is not sent on": """
        0:00 picked_up
        50:00 held""",
    "the silence of an evening, confirmed": """
        0:00 ship zone=UTC
        10:00 out_for_delivery
        23:00 attempt_failed @20:00
        24:00 awaiting_collection @21:00""",
    "the silence of an evening that was none": """
        0:00 ship zone=UTC
        10:00 out_for_delivery
        24:00 awaiting_collection @21:00""",
    "an attempt before an end that was taken back": """
        0:00 ship service=air
        10:00 lost
        12:00 sorted H01
        13:00 attempt_failed @9:00
        14:00 refused @9:30""",
    "refused before a delivery that was no end": """
        0:00 ship service=air
        10:00 returning
        10:30 delivered @9:00
        11:00 refused @8:00""",
    "a destination that becomes another": """
        0:00 ship route=departed_hub@H01/9:00,arrived_hub@H02/9:00 origin=H01 destination=H09
        1:00 departed_hub H01
        5:00 arrived_hub H09
        6:00 ship destination=H03
        7:00 arrived_hub X1
        8:00 ship destination=X1
        9:00 arrived_hub H02""",
    "two deliveries, neither an end, explained in between": """
        20:00 returning
        20:10 delivered @10:00
        20:20 out_for_delivery @12:00
        23:00 held
        23:10 delivered @15:00
        26:00 held""",
    "a signature taken back by a re-opening": """
        0:00 ship service=air
        10:00 delivered
        13:00 returning @11:00""",
    "more scans than are remembered": """
        0:00 ship service=air
        1:00 picked_up
        1:30 sorted H01 +129
        20:00 ship route=picked_up/2:00,delivered/4:00
        23:00 delivered""",
    "just as many scans as are remembered": """
        0:00 ship service=air
        1:00 picked_up
        1:30 sorted H01 +127
        20:00 ship route=picked_up/2:00,delivered/4:00
        23:00 delivered""",
    "without any record for long": """
        0:00 ship service=air
        1:00 sorted H01
        48:00 sorted H01 @1:00
        1690:00 ship ordered=1690:00""",
    "announced again for long, and nothing more": """
        0:00 ship service=air
        1:00 sorted H01
        48:00 ship note=again
        1470:00 damaged @1469:00
        1690:00 ship ordered=1690:00""",
    "expired, forgotten, and known again": """
        0:00 ship service=air
        1:00 damaged
        1600:00 out_for_delivery @1441:00
        1610:00 returning @1442:00
        1700:00 ship ordered=1700:00
        1701:00 delivered""",
    "expired at its limit, forgotten a week after it was read": """
        0:00 ship service=air
        1:00 damaged
        1609:00:00.001 ship ordered=1609:00
        1700:00 held""",
    "older than the journey before": """
        0:00 ship service=air
        2:00 delivered
        3:00 ship ordered=2:30 service=air
        48:00 sorted H01 @1:00
        1690:00 ship ordered=1690:00""",
    "forgotten a week after the end was read": """
        0:00 ship service=air
        1:00 damaged
        30:00 delivered @2:00
        300:00 ship ordered=299:00""",
    "refused, lost and found": """
        0:00 ship service=air
        1:00 refused
        2:00 lost
        3:00 arrived_hub H01""",
    "a shipment ends it": """
        0:00 ship service=air
        1:00 sorted H01
        14:00 ship cancelled""",
    "held by a hub, released by customs": """
        0:00 ship service=air
        1:00 sorted H01
        2:00 held
        3:00 customs_released
        4:00 held
        14:00 customs_held
        15:00 customs_released
        30:00 departed_hub H01""",
    "refused, then out again": """
        0:00 ship service=air promise=30:00
        1:00 refused
        2:00 out_for_delivery
        33:00 held""",
    "an end that is older than what came after it": """
        0:00 ship service=air promise=30:00
        10:00 forwarded
        11:00 collected @9:00
        12:00 lost @8:00
        33:00 held""",
    "an end of the very time of a returning": """
        0:00 ship service=air
        10:00 returning
        11:00 delivered @10:00
        12:00 attempt_failed @13:00""",
    "forwarded after its end": """
        0:00 ship service=air
        10:00 delivered
        11:00 forwarded
        40:00 arrived_hub H01""",
    "scanned on after its end": """
        0:00 ship service=air
        10:00 returned
        11:00 arrived_hub H01
        12:00 out_for_delivery
        40:00 held""",
    "damaged, then a new journey": """
        0:00 ship service=air
        1:00 damaged
        2:00 delivered
        3:00 ship ordered=2:30 service=air
        4:00 damaged""",
    "shells that nobody announces": """
        1:00 out_for_delivery
        2:00 damaged @1:30
        40:00 awaiting_collection
        70:00 held""",
    "a hub that is no place of the attempt": """
        0:00 ship service=air
        1:00 attempt_failed
        2:00 arrived_hub H01
        3:00 attempt_failed
        4:00 refused
        5:00 attempt_failed
        6:00 awaiting_collection
        30:00 damaged""",
    "the evening after a returning": """
        0:00 ship zone=UTC service=air
        10:00 out_for_delivery
        11:00 returning
        23:00 held""",
    "the evening of an end that was read too late": """
        0:00 ship zone=UTC service=air
        10:00 out_for_delivery
        11:00 forwarded @12:00
        11:30 collected @11:00
        23:00 held""",
    "a stage that stalls for days at a hub": """
        0:00 ship service=air
        1:00 arrived_hub H01
        74:00 damaged
        90:00 held""",
    "a stage that stalls for days on its way": """
        0:00 ship service=air
        1:00 departed_hub H01
        90:00 sorted H01 @0:30
        98:00 forwarded @98:00""",
    "out for delivery for days": """
        0:00 ship service=air zone=UTC
        1:00 out_for_delivery
        60:00 refused""",
    "returning for days": """
        0:00 ship service=air zone=UTC promise=20:00
        1:00 returning
        60:00 arrived_hub H01""",
    "waits for a week": """
        0:00 ship service=air
        1:00 awaiting_collection kind=outlet
        170:00 held
        171:00 collected""",
    "a route replaced while it waits": """
        0:00 ship route=picked_up/2:00,departed_hub@H01/2:00,arrived_hub@H02/2:00
        6:00 ship route=picked_up/9:00,arrived_hub@H02/2:00
        7:00 arrived_hub H02
        10:00 departed_hub X1
        11:00 ship route=arrived_hub@X1/2:00""",
    "forwarded from its route": """
        0:00 ship route=picked_up/2:00,departed_hub@H01/2:00
        3:00 forwarded @1:00
        9:00 held""",
    "a milestone that is scanned twice": """
        0:00 ship route=picked_up/2:00,arrived_hub@H02/4:00
        1:00 picked_up
        3:00 picked_up
        9:00 held""",
    "a milestone that is never due": """
        0:00 ship route=picked_up,arrived_hub@H02/4:00
        9:00 held""",
    "promised by the service": """
        0:00 ship service=on-demand
        0:10 picked_up
        30:00 held""",
    "promised by no service": """
        0:00 ship service=air
        0:10 picked_up
        30:00 held""",
    "promised to a remote place": """
        0:00 ship service=remote
        0:10 picked_up
        130:00 held""",
    "promised by the service and by the shipment": """
        0:00 ship service=same-city promise=40:00
        0:10 picked_up
        45:00 departed_hub H01""",
    "thoroughly delayed": """
        0:00 ship service=same-city promise=2:00
        0:10 picked_up
        80:00 delivered""",
    "stopped by what is no end": """
        0:00 ship service=air promise=30:00
        1:00 returning
        2:00 delivered @0:30
        40:00 held""",
    "stopped by an old refusal": """
        0:00 ship promise=30:00
        1:00 sorted H01
        2:00 refused @0:30
        40:00 held""",
    "stopped by an attempt, and out again": """
        0:00 ship promise=30:00
        1:00 attempt_failed
        2:00 out_for_delivery
        40:00 held""",
    "sent on before it was picked up": """
        0:00 ship service=air
        1:00 departed_hub H01
        3:00 picked_up @2:00
        60:00 held""",
    "returned, though nobody saw it leave": """
        0:00 ship service=air
        1:00 picked_up
        2:00 sorted H01
        60:00 returned @5:00""",
    "cancelled, then forwarded": """
        0:00 ship service=same-city
        1:00 cancelled
        5:00 forwarded
        40:00 held""",
    "cancelled by a scan": """
        0:00 ship service=air
        1:00 sorted H01
        2:00 cancelled
        40:00 held""",
    "found again after it was lost, by any scan": """
        0:00 ship service=air
        1:00 sorted H01
        2:00 lost
        3:00 sorted H02
        4:00 lost @2:30""",
    "a looping way": """
        1:00 arrived_hub H01
        2:00 arrived_hub H02
        3:00 arrived_hub H01
        4:00 arrived_hub H02
        5:00 out_for_delivery""",
    "customs": """
        0:00 ship service=air
        1:00 sorted H01
        2:00 customs_held
        30:00 customs_released
        40:00 customs_held""",
    "expired: what lies before that end is too late": """
        0:00 ship service=air
        1:00 damaged
        1500:00 returning @1400:00
        1609:00 ship ordered=1609:00""",
    "a delivery that is no end stops the promise clock": """
        0:00 ship service=air promise=30:00
        10:00 forwarded
        11:00 delivered @9:00
        33:00 held""",
    "an end that is none, but a result": """
        0:00 ship service=air zone=UTC
        10:00 out_for_delivery
        12:00 sorted H01
        12:10 lost @11:00
        23:00 held""",
    "thoroughly delayed, then nobody was there": """
        0:00 ship service=same-city promise=2:00
        0:10 picked_up
        80:00 attempt_failed""",
    "sent on after two days": """
        0:00 ship service=air
        0:10 picked_up
        50:00 departed_hub H01""",
    "of whom nothing is known": """
        0:00 ship service=air promise=2:00 recipient=nobody
        1:00 damaged
        30:00 delivered""",
    "waits for its sender": """
        0:00 ship service=air
        1:00 returning
        2:00 awaiting_collection kind=outlet
        30:00 attempt_failed
        31:00 collected""",
    "a service that is none": """
        0:00 ship service=same-city
        1:00 ship service=[]
        2:00 picked_up
        30:00 held""",
    "a route with a milestone that is none": """
        0:00 ship route=picked_up/9:00
        1:00 ship route=picked_up/1:00,loaded/1:00
        12:00 held""",
    "a route with a time that is none": """
        0:00 ship route=picked_up/9:00
        1:00 ship route=picked_up/soon
        12:00 held""",
    "a clock that is ahead by what may be": """
        0:00 ship service=air
        2:00 sorted H01 @2:02
        3:00 arrived_hub H01 @3:02:00.001
        20:00 held""",
    "out at ten in the evening": """
        0:00 ship service=air zone=UTC
        22:00 out_for_delivery
        23:00 held
        47:00 held""",
    "a result of the very time": """
        0:00 ship service=air zone=UTC
        10:00 out_for_delivery
        10:30 forwarded @10:00
        23:00 held""",
    "attempted twice, and what came in between": """
        0:00 ship service=air
        10:00 attempt_failed
        12:00 attempt_failed
        13:00 awaiting_collection @11:00
        14:00 awaiting_collection @12:00
        15:00 out_for_delivery""",
    "a route changed while it stalls": """
        0:00 ship route=arrived_hub@H01/1:00,delivered/2:00
        1:00 arrived_hub H01
        16:00 ship route=arrived_hub@H01/1:00,delivered/20:00
        50:00 held""",
    "overdue before it was lost": """
        0:00 ship route=picked_up/2:00
        4:00 lost
        5:00 arrived_hub H01
        9:00 held""",
    "a route that comes after its scans": """
        0:00 ship service=air
        5:10 arrived_hub H01 @5:00
        6:00 arrived_hub H02 @3:00
        7:00 ship route=arrived_hub/2:00,arrived_hub/2:00
        12:00 held""",
    "the route of before, after a returning": """
        0:00 ship route=picked_up/2:00
        1:00 returning
        1:30 ship route=picked_up/2:00
        9:00 held""",
    "another service after the pickup": """
        0:00 ship service=inter-city
        0:10 picked_up
        1:00 ship service=same-city
        30:00 held""",
    "a service that promises, after a pickup of one that does not": """
        0:00 ship service=air
        0:10 picked_up
        1:00 ship service=same-city
        30:00 held""",
    "nothing promised before a scan": """
        0:00 ship service=same-city
        30:00 held""",
    "announced again as of its end": """
        0:00 ship service=air
        10:00 delivered
        11:00 ship ordered=10:00
        12:00 ship ordered=10:30
        13:00 damaged @10:00
        14:00 damaged @10:30""",
    "out before it was lost, read later": """
        0:00 ship service=air zone=UTC route=picked_up/2:00,delivered/30:00
        10:00 lost
        11:00 out_for_delivery @9:00
        12:00 sorted H01
        23:00 held""",
    "picked up before it was lost, read later": """
        0:00 ship service=air route=picked_up/9:00,delivered/30:00
        5:00 lost
        6:00 picked_up @1:00
        7:00 sorted H01
        12:00 held""",
    "announced again after its end": """
        0:00 ship service=air
        1:00 damaged
        2:00 delivered
        100:00 ship ordered=1:00
        300:00 ship ordered=299:00""",
    "a shell that is announced after its end": """
        1:00 out_for_delivery
        2:00 delivered
        3:00 ship ordered=1:00 promise=5:00
        4:00 forwarded
        9:00 held""",
    "an appointment is the promise, and a refusal puts the old one back": """
        0:00 ship promise=20:00
        2:00 choose reschedule a slot=33:00-36:00
        2:30 choose reschedule a slot=33:00-36:00
        23:00 answer refused reschedule a
        24:00 held""",
    "an appointment is the promise": """
        0:00 ship promise=20:00
        1:00 sorted H01
        2:00 choose reschedule a slot=33:00-36:00
        3:00 answer accepted reschedule a
        4:00 answer accepted reschedule a
        40:00 held""",
    "a place is promised no later than its tour": """
        0:00 ship promise=20:00
        1:00 sorted H01
        2:00 choose locker a place=LK-1
        3:00 answer accepted locker a
        9:00 answer refused locker a
        40:00 held""",
    "who calls a parcel back is promised nothing": """
        0:00 ship promise=20:00
        1:00 sorted H01
        2:00 choose return a by=sender
        2:10 choose reschedule b slot=33:00-36:00
        3:00 answer accepted return a
        40:00 held""",
    "a later choice replaces the one before": """
        0:00 ship promise=20:00
        1:00 sorted H01
        2:00 choose reschedule a slot=33:00-36:00
        3:00 choose station b place=ST-1
        4:00 answer accepted reschedule a
        5:00 answer accepted station b
        40:00 held""",
    "chosen after the cut-off": """
        0:00 ship promise=20:00
        1:00 sorted H01
        6:00:00.001 choose reschedule a slot=9:00-12:00
        6:01 choose reschedule b slot=33:00-36:00
        25:00 out_for_delivery
        26:00 choose locker c place=LK-1
        26:30 choose reschedule e slot=57:00-60:00
        27:00 delivered
        28:00 choose reschedule d slot=57:00-60:00""",
    "a failed attempt and another appointment": """
        0:00 ship service=air zone=UTC
        9:00 out_for_delivery
        10:00 attempt_failed
        11:00 choose reschedule a slot=33:00-36:00
        11:30 answer accepted reschedule a
        33:10 out_for_delivery
        34:00 attempt_failed
        34:30 answer refused reschedule a
        35:00 answer accepted reschedule b
        36:00 answer accepted reschedule b""",
    "an evening's silence and another appointment": """
        0:00 ship service=air zone=UTC
        9:00 out_for_delivery
        23:00 choose reschedule a slot=57:00-60:00
        23:30 answer accepted reschedule a
        47:00 held""",
    "an appointment before the evening's silence": """
        0:00 ship service=air zone=UTC
        9:00 out_for_delivery
        11:00 answer accepted reschedule a
        23:00 answer refused reschedule a
        24:00 answer accepted locker a
        25:00 answer accepted reschedule a journey=2
        26:00 answer accepted reschedule a journey=1""",
    "whoever has an appointment knows why it rests": """
        0:00 ship service=air
        9:00 arrived_hub H01
        10:00 choose reschedule a slot=57:00-60:00
        10:30 answer accepted reschedule a
        82:00 held""",
    "waits, and is to be brought after all": """
        0:00 ship service=air
        9:00 awaiting_collection kind=outlet
        10:00 choose reschedule a slot=33:00-36:00
        11:00 answer accepted reschedule a
        70:00 collected""",
    "an answer that comes before its choice": """
        0:00 ship promise=20:00
        1:00 attempt_failed
        2:00 answer accepted reschedule a
        3:00 choose reschedule a slot=33:00-36:00
        4:00 answer refused reschedule a
        5:00 answer accepted reschedule a""",
    "choices of other journeys": """
        0:00 ship promise=20:00
        1:00 delivered
        2:00 ship ordered=1:30 promise=20:00
        3:00 choose reschedule a slot=33:00-36:00
        3:10 choose reschedule b slot=33:00-36:00 journey=3
        3:20 choose reschedule c slot=33:00-36:00 journey=2
        4:00 answer accepted reschedule c journey=1
        5:00 answer accepted reschedule c journey=2
        40:00 held""",
    "choices of nobody": """
        1:00 attempt_failed
        2:00 choose reschedule a slot=33:00-36:00
        3:00 answer accepted reschedule a
        4:00 ship service=air
        5:00 answer accepted reschedule a""",
    "fresh goods go into no locker": """
        0:00 ship promise=20:00 flags=fresh
        1:00 choose locker a place=LK-1
        1:10 choose reschedule b slot=34:00-36:00
        1:20 choose return c
        1:30 choose return d by=sender""",
    "awaited at its promise, not before": """
        0:00 ship promise=58:00
        1:00 choose reschedule a slot=33:00-36:00
        2:00 choose reschedule b slot=57:00-60:00
        3:00 choose reschedule b slot=62:00-66:00
        4:00 choose reschedule c slot=62:00-66:00
        5:00 choose reschedule d slot=62:00-66:00
        6:00 choose reschedule e slot=129:00-132:00
        7:00 choose reschedule f slot=153:00-156:00
        70:00 held""",
    "seen where it belongs, read late": """
        0:00 ship route=departed_hub@H01/9:00,arrived_hub@H02/9:00
        1:00 departed_hub H01
        5:00 arrived_hub X1
        9:00 attempt_failed
        10:00 arrived_hub H02 @7:00""",
    "an end, and an answer after it": """
        0:00 ship service=air
        1:00 choose reschedule a slot=33:00-36:00
        2:00 delivered
        3:00 answer accepted reschedule a""",
    "chosen by the recipient, then in the journey after": """
        0:00 ship promise=20:00
        1:00 choose reschedule a slot=33:00-36:00
        2:00 delivered
        3:00 ship ordered=2:30 promise=20:00
        4:00 answer accepted reschedule a
        24:00 held""",
    "the last day that is offered, and the one after": """
        0:00 ship service=air
        1:00 attempt_failed
        2:00 choose reschedule a slot=81:00-84:00
        3:00 choose reschedule b slot=105:00-108:00
        4:00 choose locker c place=LK-1 by=sender
        5:00 choose reschedule d by=sender slot=33:00-36:00""",
    "called back by its sender": """
        0:00 ship service=air
        1:00 sorted H01
        2:00 choose reschedule d by=sender slot=33:00-36:00
        3:00 choose return e by=sender
        4:00 answer accepted return e
        5:00 answer refused return e""",
    "not confirmed, it rests": """
        0:00 ship service=air
        9:00 arrived_hub H01
        10:00 choose reschedule a slot=57:00-60:00
        82:00 held""",
    "a place is promised later than the parcel was": """
        0:00 ship promise=10:00
        1:00 sorted H01
        2:00 choose locker a place=LK-1
        40:00 held""",
}


def instant(base, text):
    h, m, *s = text.split(":")
    return base + int(h) * HOUR + int(m) * MINUTE + (round(float(s[0]) * 1000) if s else 0)


def stamp(t):
    return datetime.fromtimestamp(t // 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{t % 1000:03}Z"


def route(text):
    milestones = []
    for item in text.split(","):
        code, _, within = item.partition("/")
        code, _, hub = code.partition("@")
        if ":" in within:
            hours, minutes = within.split(":")
            within = f"{hours}h {minutes}m"
        milestones.append({"code": code, **({"hub": hub} if hub else {}), **({"within": within} if within else {})})
    return milestones


def shipment(parcel_id, base, words):
    r = {"parcel_id": parcel_id, "ordered_at": stamp(base), "recipient": {"id": "c"}}
    for word in words:
        key, _, value = word.partition("=")
        if key in ("ordered", "shipped", "promise"):
            r[{"ordered": "ordered_at", "shipped": "shipped_at"}.get(key, key)] = stamp(instant(base, value))
        elif key == "route":
            r[key] = route(value)
        elif key in ("origin", "destination"):
            r[key] = {"hub": value}
        elif key in ("consent", "flags"):
            r[key] = value.split(",")
        elif key == "zone":
            r["recipient"] = {"id": "c", "time_zone": value}
        elif key == "cancelled":
            r[key] = True
        else:
            r[key] = [] if value == "[]" else value
    return r


def scan(parcel_id, base, read, code, words):
    r = {"parcel_id": parcel_id, "code": code, "event_time": stamp(read)}
    for word in words:
        if word.startswith("@"):
            r["event_time"] = stamp(instant(base, word[1:]))
        elif word.startswith("kind="):
            r["place_kind"] = word[5:]
        elif not word.startswith("+"):
            r["hub"] = word
    return r


def reroute(parcel_id, base, read, words):
    change = "requested" if words[0] in OPTIONS else words.pop(0)
    r = {"id": f"rr_{parcel_id}_{words[1]}", "parcel_id": parcel_id, "change": change, "option": words[0], "at": stamp(read)}
    if change == "requested":
        r |= {"journey": 1, "by": "recipient", "detail": {}}
    for key, _, value in (word.partition("=") for word in words[2:]):
        if key == "slot":
            r["detail"][key] = dict(zip(("from", "to"), (stamp(instant(base, t)) for t in value.split("-"))))
        elif key == "place":
            r["detail"][key] = value
        else:
            r[key] = int(value) if key == "journey" else value
    return r


OPTIONS = ("reschedule", "locker", "station", "return")


def scene(name, parcel_id, base):
    """(when it is written, topic, line) of a scene's records"""
    for line in SCENES[name].strip().splitlines():
        read, what, *words = line.split()
        at = instant(base, read)
        if what == "ship":
            yield at, "shipments.v1", json.dumps(shipment(parcel_id, base, words))
            continue
        if what in ("choose", "answer"):
            yield at, "reroutes.v1", json.dumps(reroute(parcel_id, base, at, words))
            continue
        many = [int(word[1:]) for word in words if word.startswith("+")]
        for n in range(many[0] if many else 1):
            yield at + n * 5 * MINUTE, "scans.v1", json.dumps(scan(parcel_id, base, at + n * 5 * MINUTE, what, words))
