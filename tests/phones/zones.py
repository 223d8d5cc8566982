"""Prints src/domain/zones.tsv from the time zone data of the PyPI package `phonenumbers`."""

import collections

from phonenumbers.tzdata import TIMEZONE_DATA as ZONES

# Four digits tell area codes of North America from each other, and regions elsewhere.
LONGEST = 4

by_beginning = collections.defaultdict(set)
for beginning, zones in ZONES.items():
    if len(beginning) <= LONGEST:
        by_beginning[beginning].update(zones)
    elif beginning[:LONGEST] not in ZONES:
        by_beginning[beginning[:LONGEST]].update(zones)
# All of North America says nothing.
del by_beginning["1"]


def above(beginning):
    ends = range(len(beginning) - 1, 0, -1)
    return next((by_beginning[beginning[:end]] for end in ends if beginning[:end] in by_beginning), None)


by_zones = collections.defaultdict(list)
for beginning in sorted(by_beginning):
    zones = by_beginning[beginning]
    if zones != above(beginning):
        by_zones[" ".join(sorted(zones))].append(beginning)

print("# How numbers begin, by the time zones of that place; a longer beginning says more.")
print("# From libphonenumber's time zone data (Apache-2.0); written by tests/phones/zones.py.")
for zones in sorted(by_zones):
    print(zones + "\t" + " ".join(by_zones[zones]))
