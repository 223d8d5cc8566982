"""The servers that are measured: how each starts on a free port of this machine, and how it ends."""

import glob
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time

import seed

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, "peers")

# What a benchmark does and a person never would; printed with the results.
RIVERLINE_SETTINGS = {
    "limits.frames_per_10s": "100000",
    "limits.chat_chars": "100000",
    "limits.open_handshakes": "20000",
    "limits.panels_per_member": "1000",
}


class CannotStart(Exception):
    """A server did not come up; its last words are in the message."""


def free_port():
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A program with a log, in a session of its own, ended with everything it started."""

    def __init__(self, command, log, env=None, cwd=None):
        self.log = log
        with open(log, "wb") as out:
            self.child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                start_new_session=True,
            )
        self.pid = self.child.pid

    def wait_for_port(self, port, seconds=30.0):
        """Waits until it listens; returns how long that took."""
        begun = time.monotonic()
        while time.monotonic() < begun + seconds:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return time.monotonic() - begun
            if self.child.poll() is not None:
                break
            time.sleep(0.01)
        raise CannotStart(f"nobody listens on port {port}: {self.last_words()}")

    def last_words(self):
        """The end of its log."""
        with open(self.log, errors="replace", encoding="utf-8") as log:
            return log.read()[-800:]

    def stop(self):
        """Asks it to end, then makes it."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.pid, number)
                self.child.wait(15)
            except ProcessLookupError:
                self.child.wait(5)
                return
            except subprocess.TimeoutExpired:
                continue


class Server:
    """One server; subclasses say how to start it."""

    protocol = ""
    direct_rate = 5_000  # messages per second of scenario dm
    first_rate = 3_000  # where the search for the highest rate begins
    fan_rate = 20  # the same for one publisher to 1,000 panels; 0: has no such thing
    idle_panels = 10_000
    stores = "nothing"

    def __init__(self, name):
        self.name = name
        self.port = 0
        self.processes = []
        self.started_in = 0.0

    def missing(self):
        """Why it cannot be measured here, in words; None when it can."""
        return None

    def start(self, folder, layout):
        """Starts it in an empty folder, with the members of the layout."""
        raise NotImplementedError

    def pids(self):
        """What its CPU and memory are counted of, descendants included."""
        return ",".join(str(process.pid) for process in self.processes)

    def stop(self):
        """Ends it."""
        while self.processes:
            self.processes.pop().stop()

    def run(self, command, folder, **options):
        """Starts one of its programs and waits for the port."""
        process = Process(command, os.path.join(folder, f"{self.name}.log"), **options)
        self.processes.append(process)
        self.started_in = process.wait_for_port(self.port)


class Riverline(Server):
    """Ours."""

    protocol = "riverline.json"
    first_rate = 3_000

    def __init__(self, name, binary, database="sqlite", settings=None, config=""):
        super().__init__(name)
        self.binary = binary
        self.config = config
        self.database = database
        self.settings = {**RIVERLINE_SETTINGS, **(settings or {})}
        self.stores = f"{database}, fsync before the answer"

    def start(self, folder, layout):
        self.port, internal = free_port(), free_port()
        if self.database == "postgres":
            cluster = Postgres(folder)
            self.processes.append(cluster)
            url = cluster.start()
        else:
            url = f"sqlite://{folder}/riverline.db"
        settings = {
            "listen.public": f"127.0.0.1:{self.port}",
            "listen.internal": f"127.0.0.1:{internal}",
            "database.url": url,
            "sugar.url": "http://127.0.0.1:9",
            "sugar.username": "bench",
            **self.settings,
        }
        file = os.path.join(folder, "riverline.toml")
        with open(file, "w", encoding="utf-8") as out:
            out.write(self.config)
        command = [self.binary, "--config", file]
        for name, value in settings.items():
            command += ["--set", f"{name}={value}"]
        env = {"RIVERLINE_SUGAR__PASSWORD": "bench"}
        subprocess.run(
            [*command, "migrate"], env={**os.environ, **env}, stdout=subprocess.DEVNULL, check=True, timeout=60
        )
        if self.database == "postgres":
            seed.fill_postgres(cluster.psql(), layout)
        else:
            seed.fill_sqlite(f"{folder}/riverline.db", layout)
        os.sync()
        self.run([*command, "serve"], folder, env=env)


class Postgres:
    """A private cluster under a folder, reached by a port of this machine; fsync is on."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "postgres")
        self.port = free_port()
        versions = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        self.bin = versions[-1] if versions else ""
        self.process = None

    def command(self, *words):
        """A command of PostgreSQL, which refuses to run as root."""
        program = [os.path.join(self.bin, words[0]), *words[1:]]
        return ["runuser", "-u", "postgres", "--", *program] if os.geteuid() == 0 else program

    def start(self):
        """Makes and starts it; returns the URL of its database."""
        if not self.bin:
            raise CannotStart("PostgreSQL is not installed")
        os.makedirs(self.folder)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        data = os.path.join(self.folder, "data")
        options = ["--auth=trust", "--username=riverline", "--encoding=UTF8", "--locale=C"]
        subprocess.run(
            self.command("initdb", "--pgdata", data, *options),
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=120,
            cwd=self.folder,
        )
        settings = [f"port={self.port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={self.folder}"]
        command = self.command("postgres", "-D", data)
        for setting in settings:
            command += ["-c", setting]
        self.process = Process(command, self.folder + ".log", cwd=self.folder)
        self.process.wait_for_port(self.port)
        until = time.monotonic() + 20
        while subprocess.run(
            [*self.psql(), "--command", "SELECT 1"], capture_output=True, check=False, timeout=20
        ).returncode:
            if time.monotonic() > until:
                raise CannotStart(self.process.last_words())
            time.sleep(0.1)
        return f"postgres://riverline@127.0.0.1:{self.port}/postgres"

    def psql(self):
        """The command that reaches it."""
        return ["psql", f"postgres://riverline@127.0.0.1:{self.port}/postgres"]

    @property
    def pid(self):
        """The postmaster's, or runuser's, whose child it is."""
        return self.process.pid

    def stop(self):
        """Ends it."""
        if self.process:
            self.process.stop()


class Floor(Server):
    """A bare relay on our stack, which keeps nothing."""

    protocol = "floor.json"
    first_rate = 20_000
    fan_rate = 40

    def __init__(self, name, binary):
        super().__init__(name)
        self.binary = binary

    def start(self, folder, layout):
        self.port = free_port()
        self.run([self.binary, str(self.port)], folder)


class SocketIo(Server):
    """socket.io 4, with or without one SQLite commit per message."""

    protocol = "socketio.json"

    def __init__(self, name, durable):
        super().__init__(name)
        self.durable = durable
        if durable:
            self.first_rate, self.direct_rate = 800, 2_000
            self.stores = "sqlite, fsync before the delivery"

    def missing(self):
        if not shutil.which("node"):
            return "Node.js is not installed"
        if not os.path.isdir(os.path.join(PEERS, "socketio", "node_modules")):
            return "its libraries are not installed (npm ci in peers/socketio)"
        return None

    def start(self, folder, layout):
        self.port = free_port()
        database = [os.path.join(folder, "socketio.db")] if self.durable else []
        self.run(["node", os.path.join(PEERS, "socketio", "server.js"), str(self.port), *database], folder)


class Nats(Server):
    """nats-server, in memory or with a stream on disk."""

    first_rate = 20_000
    fan_rate = 40

    def __init__(self, name, stream):
        super().__init__(name)
        self.stream = stream
        self.protocol = "nats-js.json" if stream else "nats-core.json"
        if stream:
            self.first_rate = 4_000
            self.stores = "a file, no fsync before the answer"

    def missing(self):
        return None if shutil.which("nats-server") else "nats-server is not installed"

    def start(self, folder, layout):
        self.port, client_port = free_port(), free_port()
        settings = [
            f'listen: "127.0.0.1:{client_port}"',
            "max_connections: 64000",
            f'websocket {{ listen: "127.0.0.1:{self.port}", no_tls: true, compression: false }}',
            'authorization { token: "bench" }',
        ]
        if self.stream:
            settings.append(f'jetstream {{ store_dir: "{folder}/stream", max_file_store: 20GB }}')
        path = os.path.join(folder, "nats.conf")
        with open(path, "w", encoding="utf-8") as out:
            out.write("\n".join(settings) + "\n")
        self.run(["nats-server", "-c", path], folder)
        if self.stream:
            self.processes[0].wait_for_port(client_port)
            self.make_stream(client_port)

    @staticmethod
    def make_stream(port):
        """Makes the stream by the lines of the client protocol."""
        config = {"name": "BENCH", "subjects": ["direct.>", "channel.>"], "storage": "file", "num_replicas": 1}
        request = json.dumps(config).encode()
        with socket.create_connection(("127.0.0.1", port), 5) as connection, connection.makefile("rb") as lines:
            lines.readline()
            connection.sendall(
                b'CONNECT {"verbose":false,"auth_token":"bench"}\r\nSUB _INBOX.made 1\r\n'
                b"PUB $JS.API.STREAM.CREATE.BENCH _INBOX.made %d\r\n%s\r\n" % (len(request), request)
            )
            while not lines.readline().startswith(b"MSG"):
                pass
            answer = json.loads(lines.readline())
        if "error" in answer:
            raise CannotStart(str(answer["error"]))


class Ejabberd(Server):
    """ejabberd with its archive."""

    protocol = "ejabberd.json"
    direct_rate = 500
    first_rate = 500
    fan_rate = 0
    idle_panels = 2_000
    stores = "its archive, no fsync before the delivery"

    def missing(self):
        if not shutil.which("ejabberdctl"):
            return "ejabberd is not installed"
        return None if os.geteuid() == 0 else "ejabberd's start script wants root"

    def start(self, folder, layout):
        self.port = free_port()
        for part in ("spool", "logs", "conf"):
            os.makedirs(os.path.join(folder, part))
        conf = os.path.join(folder, "conf")
        with open(os.path.join(PEERS, "ejabberd.yml"), encoding="utf-8") as template:
            text = template.read().replace("port: PORT", f"port: {self.port}")
        with open(os.path.join(conf, "ejabberd.yml"), "w", encoding="utf-8") as out:
            out.write(text)
        if os.path.exists("/etc/ejabberd/inetrc"):
            shutil.copy("/etc/ejabberd/inetrc", conf)
        with open(os.path.join(conf, "ctl.cfg"), "w", encoding="utf-8") as out:
            out.write(
                "POLL=true\nERL_MAX_PORTS=19000\nERL_PROCESSES=250000\n"
                'ERL_OPTIONS="-env ERL_CRASH_DUMP_BYTES 0"\n'
                "ERLANG_NODE=riverlinebench@localhost\nINET_DIST_INTERFACE=127.0.0.1\n"
                f"EJABBERD_PID_PATH={folder}/ejabberd.pid\n"
            )
        for parent, _, files in os.walk(folder):
            for path in [parent, *(os.path.join(parent, name) for name in files)]:
                shutil.chown(path, "ejabberd", "ejabberd")
        # setpriv and not su, which would lower the limit of open files.
        who = ["setpriv", "--reuid", "ejabberd", "--regid", "ejabberd", "--init-groups"]
        places = ["--config-dir", conf, "--config", f"{conf}/ejabberd.yml", "--ctl-config", f"{conf}/ctl.cfg"]
        data = ["--spool", f"{folder}/spool", "--logs", f"{folder}/logs"]
        # Erlang would start a port mapper that outlives it: it gets one of its own, which ends with it.
        mapper_port = free_port()
        mapper = Process(["epmd", "-port", str(mapper_port)], os.path.join(folder, "epmd.log"))
        self.processes.append(mapper)
        mapper.wait_for_port(mapper_port)
        env = {"HOME": folder, "ERL_EPMD_PORT": str(mapper_port)}
        self.run([*who, "ejabberdctl", *places, *data, "foreground"], folder, env=env)
        self.register(layout.members)

    def register(self, users):
        """Makes the users by its HTTP API."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        for user in range(users):
            body = json.dumps({"user": f"u{user}", "host": "localhost", "password": "bench"})
            connection.request("POST", "/api/register", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status not in (200, 409):
                raise CannotStart(f"ejabberd did not register a user: {answer.status}")
        connection.close()
