#!/usr/bin/env python3
"""Medians and ranges of results as one table. Alone: table.py results/FILE.jsonl..."""

import json
import statistics
import sys


def at(result, *path):
    """A value deep inside a result; None when it is not there."""
    for key in path:
        result = result.get(key) if isinstance(result, dict) else None
    return result


def short(number):
    """Three digits that matter."""
    if number is None:
        return "-"
    size = abs(number)
    if size >= 10_000:
        return f"{number / 1000:.0f}k" if size >= 100_000 else f"{number / 1000:.1f}k"
    return f"{number:.0f}" if size >= 100 else f"{number:.1f}" if size >= 10 else f"{number:.2f}"


def spread(results, *path):
    """Median and range of one value over the runs."""
    values = [at(result, *path) for result in results]
    values = [value for value in values if isinstance(value, (int, float))]
    if not values:
        return "-"
    middle = short(statistics.median(values))
    low, high = short(min(values)), short(max(values))
    return middle if low == high else f"{middle} ({low}..{high})"


def headline(result):
    """One run in one line."""
    if "failed" in result:
        return f"FAILED: {result['failed']}"
    words = []
    steady, best = result.get("steady"), result.get("saturation")
    slow = result.get("slow")
    for name in ("storm", "resume"):
        if name in result:
            part = result[name]
            words.append(
                f"{part['up']} of {part['wanted']} back in {part['seconds']} s, {part['server_cpu_ms']:.0f} ms of server CPU"
            )
            if name == "resume":
                words.append(
                    f"all events after {part['seconds_all_events']} s, {part['events_lost']} lost, {part['events_dup']} twice"
                )
    if best:
        words.append(f"{best['messages_per_s']:.0f}/s, {best['deliveries_per_s']:.0f} deliveries/s")
        steady = best["best"]
    if slow:
        words.append(
            f"{slow['dead']} dead, cut after {slow['seconds_until_cut']} s,"
            f" memory grew {slow['memory_grew_mib']} MiB, sockets {slow['sockets_before']} then {slow['sockets_after']}"
        )
        steady = slow["stage"]
    if "webhook" in result:
        fixed, highest = result["webhook"]["fixed"], result["webhook"]["highest"] or {}
        words.append(
            f"{fixed['rate']}/s: p50 {fixed['p50_ms']} p99 {fixed['p99_ms']} ms, {fixed['refused']} refused;"
            f" highest {highest.get('rate')}/s with p99 {highest.get('p99_ms')} ms"
        )
    if "idle" in result:
        words.append(f"{result['idle']['kib_per_panel']} KiB per panel, connected in {result['connect']['seconds']} s")
    if "peak" in result:
        peak = result["peak"]
        words.append(
            f"{peak['idle_kib_per_panel']} KiB per idle panel, {peak['after_kib_per_panel']} after the largest frame"
        )
        steady = peak["stage"]
    if steady:
        words.append(
            f"p50 {steady['p50_ms']} p99 {steady['p99_ms']} p99.9 {steady['p999_ms']} ms,"
            f" {steady['server_cpu_ms_per_1000']} ms CPU per 1,000, {steady['server_cores']} cores,"
            f" lost {steady['lost']}, twice {steady['dup']}, cut {steady['disconnects']},"
            f" others used {steady['other_cores']} cores"
        )
        if steady["overloaded"]:
            words.append("OVERLOADED")
    if result.get("history"):
        words.append(f"started in {result['started_in_s']} s")
    if not result.get("quiet", True):
        words.append("(machine not quiet)")
    return "; ".join(words)


def median_line(results):
    """A result whose numbers are the medians of several."""
    first = results[0]
    if isinstance(first, dict):
        return {key: median_line([result.get(key) for result in results]) for key in first}
    numbers = [value for value in results if isinstance(value, (int, float)) and not isinstance(value, bool)]
    return statistics.median(numbers) if numbers and len(numbers) == len(results) else first


COLUMNS = [
    ("direct messages at /s", "dm", ("steady", "rate")),
    ("server CPU ms per 1,000", "dm", ("steady", "server_cpu_ms_per_1000")),
    ("p50 ms", "dm", ("steady", "p50_ms")),
    ("p99 ms", "dm", ("steady", "p99_ms")),
    ("p99.9 ms", "dm", ("steady", "p999_ms")),
    ("highest rate with p99 < 50 ms", "sat", ("saturation", "messages_per_s")),
    ("message to 1,000, deliveries/s", "fan", ("saturation", "deliveries_per_s")),
    ("signal to 1,000, deliveries/s", "signal", ("saturation", "deliveries_per_s")),
    ("KiB per idle panel", "peak", ("peak", "idle_kib_per_panel")),
    ("KiB after the largest frame", "peak", ("peak", "after_kib_per_panel")),
    ("2,000 back after s", "storm", ("storm", "seconds")),
    ("its server CPU ms", "storm", ("storm", "server_cpu_ms")),
    ("2,000 with 20 missed events each, s", "resume", ("resume", "seconds_all_events")),
    ("its server CPU ms", "resume", ("resume", "server_cpu_ms")),
    ("texts in at 500/s, p50 ms", "webhook", ("webhook", "fixed", "p50_ms")),
    ("p99 ms", "webhook", ("webhook", "fixed", "p99_ms")),
    ("most texts in/s with p99 < 250 ms", "webhook", ("webhook", "highest", "rate")),
]

ALONE = [
    ("empty database", "growth-empty", "steady"),
    ("1 million messages", "growth-history", "steady"),
    ("10,000 panels", "growth-crowd", "steady"),
    ("100 readers", "slow-alone", ("slow", "stage")),
    ("beside 100 dead ones", "slow-dead", ("slow", "stage")),
]


def grid(rows):
    """Rows under each other, the first being the head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "-+-".join("-" * width for width in widths), *lines[1:]])


def render(results, chosen=(), absent=None):
    """The table: a row per measure, a column per server; then ours alone, then what to know."""
    names = [server.name for server in chosen] or list(dict.fromkeys(result["server"] for result in results))
    good = [result for result in results if "failed" not in result]

    def of(name, case):
        return [result for result in good if result["server"] == name and result["case"] == case]

    rows = [["median (range)", *names]]
    for label, case, path in COLUMNS:
        cells = [spread(of(name, case), *path) for name in names]
        if any(cell != "-" for cell in cells):
            rows.append([label, *cells])
    text = ["", grid(rows)]
    ours = names[0]
    measures = [
        ("server CPU ms per 1,000", "server_cpu_ms_per_1000"),
        ("p50 ms", "p50_ms"),
        ("p99 ms", "p99_ms"),
    ]
    rows = [["Riverline", *(label for label, _ in measures), "start s", "cut after s", "memory grew MiB"]]
    for label, case, where in ALONE:
        runs = of(ours, case)
        if runs:
            path = (where,) if isinstance(where, str) else where
            cells = [spread(runs, *path, key) for _, key in measures]
            grew = [spread(runs, "slow", key) for key in ("seconds_until_cut", "memory_grew_mib")]
            rows.append([label, *cells, spread(runs, "started_in_s"), *grew])
    if len(rows) > 1:
        text += ["", grid(rows)]
    text += ["", *notes(results, good, chosen, absent or {})]
    return "\n".join(text)


def notes(results, good, chosen, absent):
    """What one must know to read the table."""
    for server in chosen:
        yield f"{server.name}: stores {server.stores}; memory with {server.idle_panels} panels."
    for name, reason in absent.items():
        yield f"{name}: not measured, {reason}."
    for result in results:
        if "failed" in result:
            yield f"FAILED: {result['server']} {result['case']} round {result['run']}: {result['failed']}"
    for part in ("steady",), ("saturation", "best"), ("peak", "stage"), ("slow", "stage"):
        for result in good:
            stage = at(result, *part) or {}
            where = f"{result['server']} {result['case']} round {result['run']}"
            if stage.get("lost") or stage.get("dup"):
                yield f"{where}: {stage['lost']} lost, {stage['dup']} twice."
            if stage.get("overloaded"):
                yield f"{where}: overloaded."
            if (stage.get("other_cores") or 0) > 0.25:
                yield f"{where}: other work used {stage['other_cores']} cores."
    for result in good:
        resume = result.get("resume", {})
        if resume.get("events_lost") or resume.get("events_dup"):
            yield f"{result['server']} resume: {resume['events_lost']} events lost, {resume['events_dup']} twice."


if __name__ == "__main__":
    LINES = []
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as lines:
            LINES += [json.loads(line) for line in lines]
    print(render(LINES))
