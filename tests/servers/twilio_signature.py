"""Signs as Twilio does, by its own library: reads {"token", "url", "form"} from standard input, prints the signature."""

import json
import sys

from twilio.request_validator import RequestValidator

asked = json.load(sys.stdin)
print(RequestValidator(asked["token"]).compute_signature(asked["url"], asked["form"]))
