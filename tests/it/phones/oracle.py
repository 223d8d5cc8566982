"""Google's phone library in its Python port says what a text holds; what the Rust port says is compared with it.

Lines of JSON come in, [country, text]; lines of JSON go out, {"parsed": "+1..." or null, "all": ["+1...", ...]}.
"""

import json
import sys

import phonenumbers
from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher


def e164(number):
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def parsed(country, text):
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    return e164(number) if phonenumbers.is_valid_number(number) else None


for line in sys.stdin:
    country, text = json.loads(line)
    whole = parsed(country, text)
    within = PhoneNumberMatcher(text, country, leniency=Leniency.VALID)
    numbers = [whole] if whole else [e164(match.number) for match in within]
    print(json.dumps({"parsed": whole, "all": numbers}))
