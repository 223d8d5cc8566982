#!/usr/bin/env python3
"""make bench: Riverline beside the bare relay and the installed peers, in alternating rounds; then one table.

With a scenario it measures Riverline alone: bench dm --rate 5000 [--rounds 3] [--history 1000000] [--set name=value]
and any option of the load generator."""

import argparse
import datetime
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

import servers
import table
import webhooks
from seed import Layout

SCENARIOS = ["dm", "sat", "fan", "signal", "peak", "storm", "resume", "growth", "slow", "webhook"]
OURS_ALONE = {"resume", "growth", "slow", "webhook"}
SLOTS = 512
WRITERS = 8
HISTORY = 1_000_000


def layout_for(scenario, options):
    """The members and conversations that a scenario of the generator needs."""
    n = int(options.get("n", 1000))
    if scenario in ("fan", "fansat"):
        return Layout(n + 2, wide=1)
    if scenario in ("signal", "sigsat"):
        return Layout(n + 2, wide=SLOTS)
    if scenario == "resume":
        writers = int(options.get("writers", WRITERS))
        return Layout(n + writers, away=n, writers=writers)
    if scenario == "slow":
        # As many members with and without the dead ones, so that the events are the same.
        return Layout(n + 1 + max(int(options.get("dead", 0)), n), wide=1)
    return Layout(n + int(options.get("bystanders", 0)))


class Bench:
    """One run of everything."""

    def __init__(self, build, riverline, database, out, seconds, settings=None):
        self.build = build
        self.riverline = riverline
        self.database = database
        self.out = out
        self.seconds = seconds
        self.settings = settings or {}

    def ours(self, settings=None, config=""):
        """Our server."""
        name = "riverline" if self.database == "sqlite" else f"riverline-{self.database}"
        return servers.Riverline(name, self.riverline, self.database, {**self.settings, **(settings or {})}, config)

    def all_servers(self):
        """Every server by its name, ours first."""
        floor = os.path.join(self.build, "floor")
        known = [
            self.ours(),
            servers.Floor("floor", floor),
            servers.Nats("nats-core", False),
            servers.Nats("nats-js", True),
            servers.SocketIo("socketio", False),
            servers.SocketIo("socketio-fsync", True),
            servers.Ejabberd("ejabberd"),
        ]
        return {server.name: server for server in known}

    def measure(self, server, scenario, options, run, case=None, history=0):
        """Starts a fresh server, loads it once, ends it; the result goes to the file."""
        layout = layout_for(scenario, options)
        layout.history = history
        quiet = wait_for_quiet()
        with tempfile.TemporaryDirectory(prefix="riverline-bench-") as folder:
            os.chmod(folder, 0o755)
            try:
                server.start(folder, layout)
                result = self.load(server, scenario, options)
            except (servers.CannotStart, subprocess.SubprocessError, OSError) as error:
                result = {"scenario": scenario, "failed": str(error)[-800:]}
            finally:
                server.stop()
        result |= {
            "server": server.name,
            "run": run,
            "case": case or scenario,
            "options": options,
            "history": history,
            "quiet": quiet,
            "started_in_s": round(server.started_in, 3),
            "at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        }
        with open(self.out, "a", encoding="utf-8") as out:
            out.write(json.dumps(result) + "\n")
        print(f"  {server.name:18} {table.headline(result)}", flush=True)
        return result

    def load(self, server, scenario, options):
        """Runs the generator."""
        if scenario == "webhook":
            return {"scenario": scenario, "webhook": webhooks.measure(server.port, self.seconds)}
        command = [
            os.path.join(self.build, "wsload"),
            scenario,
            "--protocol",
            os.path.join(servers.PEERS, server.protocol),
            "--port",
            str(server.port),
            "--server-pid",
            server.pids(),
        ]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=400, check=False)
        if done.returncode:
            return {"scenario": scenario, "failed": done.stderr.strip()[-800:]}
        return json.loads(done.stdout)

    def round(self, chosen, scenario, run):
        """One scenario once, every server in turn."""
        print(f"{scenario}, round {run}", flush=True)
        if scenario == "growth":
            self.growth(run)
        elif scenario == "slow":
            self.slow(run)
        elif scenario == "webhook":
            self.measure(self.ours(config=webhooks.CONFIG), "webhook", {"n": 2}, run)
        else:
            for server in chosen:
                if scenario in OURS_ALONE and not isinstance(server, servers.Riverline):
                    continue
                self.one(server, scenario, run)

    def one(self, server, scenario, run):
        """The load of a scenario for a server."""
        timing = {"secs": self.seconds, "warm": 1.5}
        search = {"stage": 3, "bisect": 2, "max-secs": 90}
        if scenario == "dm":
            self.measure(server, "dm", {"n": 1000, "rate": server.direct_rate, **timing}, run)
        elif scenario == "sat":
            self.measure(server, "sat", {"n": 1000, "rate": server.first_rate, **search}, run)
        elif scenario in ("fan", "signal") and server.fan_rate:
            kind = "fansat" if scenario == "fan" else "sigsat"
            is_ours = isinstance(server, servers.Riverline)
            # A peer's signal is the message itself: measured once.
            if is_ours or scenario == "signal":
                options = {"n": 1000, "rate": server.fan_rate, "slots": SLOTS, **search}
                self.measure(server, kind, options, run, scenario)
        elif scenario == "peak":
            target = server
            if isinstance(server, servers.Riverline):
                # The ring of the newest events is bounded for all panels together; without it the panels show.
                target = self.ours({"limits.ring_bytes": "65536"})
            self.measure(target, "peak", {"n": server.idle_panels, "rate": 1000, "hold": 3}, run)
        elif scenario == "storm":
            self.measure(server, "storm", {"n": 2000}, run)
        elif scenario == "resume":
            self.measure(server, "resume", {"n": 2000, "missed": 20, "writers": WRITERS}, run)

    def growth(self, run):
        """The same direct messages with an empty and a full database, with few and many panels."""
        options = {"n": 1000, "rate": 5000, "secs": self.seconds, "warm": 1.5}
        cases = [
            ("empty", options, 0),
            ("history", options, HISTORY),
            ("crowd", {**options, "bystanders": 9000}, 0),
        ]
        for case, load, history in cases[:: 1 if run % 2 else -1]:
            self.measure(self.ours(), "dm", load, run, f"growth-{case}", history)

    def slow(self, run):
        """Beside clients that never read, and without them."""
        options = {"n": 100, "rate": 1000, "secs": max(20, self.seconds), "warm": 0}
        cases = [("alone", options), ("dead", {**options, "dead": 100})]
        for case, load in cases[:: 1 if run % 2 else -1]:
            # As with `peak`: what the dead ones cost, and not the ring that fills beside them.
            ours = self.ours({"limits.ring_bytes": "1048576"})
            self.measure(ours, "slow", load, run, f"slow-{case}")


def busy_ticks():
    """Ticks in which a processor of this machine was busy."""
    with open("/proc/stat", encoding="utf-8") as stat:
        user, nice, system, _, _, irq, softirq = map(int, stat.readline().split()[1:8])
    return user + nice + system + irq + softirq


def wait_for_quiet(cores=0.2):
    """Waits until nothing else works on this machine; false when that did not happen in time."""
    patience = float(os.environ.get("BENCH_QUIET_SECS", "30"))
    ticks = os.sysconf("SC_CLK_TCK")
    begun = time.monotonic()
    while True:
        before = busy_ticks()
        time.sleep(0.5)
        if (busy_ticks() - before) / ticks / 0.5 < cores:
            return True
        if time.monotonic() - begun > patience:
            return False


def choose(known, names):
    """The servers that can be measured here, and why the others cannot."""
    chosen, absent = [], {}
    for name in names:
        server = known.get(name)
        reason = server.missing() if server else "there is no such server"
        if reason:
            absent[name] = reason
        else:
            chosen.append(server)
    return chosen, absent


def arguments():
    """The command line; options of the generator are kept as they are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="?", help="measure Riverline alone in this scenario of the generator")
    parser.add_argument("--build", required=True, help="where the generator and the bare relay were built")
    parser.add_argument("--riverline", required=True, help="the program to measure")
    parser.add_argument("--rounds", type=int, default=None)
    parser.add_argument("--history", type=int, default=0, help="messages that the database holds already")
    parser.add_argument("--server", default=None, help="another server in place of Riverline")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of Riverline")
    known, rest = parser.parse_known_args()
    if len(rest) % 2 or any(not name.startswith("--") for name in rest[::2]):
        parser.error(f"options of the generator come as --name value: {' '.join(rest)}")
    return known, {name[2:]: value for name, value in zip(rest[::2], rest[1::2])}


def main():
    """Measures and prints."""
    known, options = arguments()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    environ = os.environ.get
    results = os.path.join(servers.HERE, "results")
    os.makedirs(results, exist_ok=True)
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    out = os.path.join(results, f"{stamp}.jsonl")
    settings = dict(pair.split("=", 1) for pair in known.set)
    database = environ("BENCH_DATABASE", "sqlite")
    bench = Bench(known.build, known.riverline, database, out, int(environ("BENCH_SECS", "5")), settings)
    print(f"Results: {os.path.relpath(out)}")
    print("Riverline runs with " + ", ".join(f"{k} = {v}" for k, v in bench.ours().settings.items()), flush=True)
    if known.scenario:
        server = bench.all_servers()[known.server] if known.server else bench.ours()
        case = f"{known.scenario} {' '.join(f'{k}={v}' for k, v in options.items())}".strip()
        runs = range(1, (known.rounds or 1) + 1)
        lines = [bench.measure(server, known.scenario, options, run, case, known.history) for run in runs]
        if known.scenario in ("sigsat", "signal", "fan", "fansat", "dm", "sat") and len(lines) > 1:
            print("median " + table.headline(table.median_line(lines)))
        return 1 if any("failed" in line for line in lines) else 0
    everything = bench.all_servers()
    names = environ("BENCH_PEERS", ",".join(list(everything)[1:])).split(",")
    chosen, absent = choose(everything, [bench.ours().name, *filter(None, names)])
    for run in range(1, (known.rounds or int(environ("BENCH_ROUNDS", "3"))) + 1):
        for scenario in environ("BENCH_SCENARIOS", ",".join(SCENARIOS)).split(","):
            bench.round(chosen, scenario, run)
    with open(out, encoding="utf-8") as lines:
        print(table.render([json.loads(line) for line in lines], chosen, absent))
    return 0


if __name__ == "__main__":
    sys.exit(main())
