"""The real parts around edgewright: a Consul agent, an HAProxy, containers' stand-ins, systemd's socket.

Nothing here sleeps to let something happen: what has to become true is asked for until it is, or until a deadline.
"""
import contextlib
import http.server
import json
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
CONSUL_LITTER = Path("/tmp/consul-test")     # an empty folder that Consul 1.8 makes whenever it starts, for its own tests
PATIENCE = 15.0     # seconds; far above what anything here takes, so that a busy machine fails no test


class Timeout(AssertionError):
    pass


def wait_until(claim, what, timeout=PATIENCE):
    """Asks claim() until it returns something true, and returns that."""
    deadline = time.monotonic() + timeout
    while True:
        answer = claim()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Timeout(f"not within {timeout:g} s: {what() if callable(what) else what}")
        time.sleep(0.02)    # between two looks, not instead of one


given_ports = set()     # who has been given one may not listen yet


def free_port():
    """A TCP port nobody listens on, below those the kernel gives to outgoing connections."""
    while True:
        port = random.randrange(20000, 31000)
        if port in given_ports:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                given_ports.add(port)
                return port
            except OSError:
                continue


def is_taken(port):
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)     # connections that just ended do not count
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
            return False
        except OSError:
            return True


def children(pid):
    """Also those that have ended and were not seen by their parent yet."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def read(path):
    """A file's text, None when it is not there."""
    try:
        return Path(path).read_text()
    except (FileNotFoundError, NotADirectoryError):
        return None


def wait_for_file(path, wanted, timeout=PATIENCE):
    """Waits until the file is exactly `wanted` (text), or satisfies it (a function of the text)."""
    def claim():
        text = read(path)
        if text is None:
            return None
        right = wanted(text) if callable(wanted) else text == wanted
        return (text,) if right else None
    return wait_until(claim, lambda: f"{path} has not the wanted content, but: {read(path)!r}", timeout)[0]


class Process:
    """A child in a process group of its own, its standard error collected line by line. It ends when we do, however
    that happens."""

    def __init__(self, argv, env=None, cwd=None, log=None, stdout=subprocess.DEVNULL):
        self.argv = [str(word) for word in argv]
        self.lines = []
        self.news = threading.Condition()
        self.log = open(log, "a") if log else None
        argv = ["setpriv", "--pdeathsig", "KILL", "--", *self.argv]
        self.child = subprocess.Popen(argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=stdout,
                                      stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True)
        self.pid = self.child.pid
        self.reader = threading.Thread(target=self.collect, daemon=True)
        self.reader.start()

    def collect(self):
        for line in self.child.stderr:
            if self.log:
                self.log.write(line)
                self.log.flush()
            with self.news:
                self.lines.append(line.rstrip("\n"))
                self.news.notify_all()

    def text(self, since=0):
        return "\n".join(self.lines[since:])

    def mark(self):
        """Where the log stands now, for `since`."""
        return len(self.lines)

    def wait_for_log(self, pattern, timeout=PATIENCE, since=0):
        """The first match of the pattern in a line; waits for one."""
        deadline = time.monotonic() + timeout
        at = since
        with self.news:
            while True:
                while at < len(self.lines):
                    match = re.search(pattern, self.lines[at])
                    if match:
                        return match
                    at += 1
                if not self.news.wait(deadline - time.monotonic()):
                    raise Timeout(f"/{pattern}/ did not appear in {timeout:g} s, but:\n{self.text(since)}")

    def is_running(self):
        return self.child.poll() is None

    def send(self, number):
        self.child.send_signal(number)

    def wait(self, timeout=PATIENCE):
        """The exit status; minus the signal's number when one ended it."""
        try:
            status = self.child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Timeout(f"{self.argv[0]} did not end in {timeout:g} s:\n{self.text()}") from None
        self.reader.join(1)
        return status

    def stop(self, number=signal.SIGTERM, timeout=PATIENCE):
        if self.is_running():
            self.send(number)
        return self.wait(timeout)

    def kill(self):
        """Ends the whole group, whatever state it is in."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.child.wait()
        self.reader.join(1)
        if self.log:
            self.log.close()
            self.log = None


def merge(base, more):
    """Both dictionaries in one; where both have a value, that of `more`."""
    both = {**base, **(more or {})}
    return {key: merge(base[key], value) if isinstance(base.get(key), dict) and isinstance(value, dict) else value
            for key, value in both.items()}


class Consul:
    """A real agent, a single server. With keep=True what it knows survives stop() and start(). `settings` are more of
    its configuration; the test itself asks with `token`."""

    def __init__(self, folder, keep=False, node="mesos-agent01", http_port=None, host="127.0.0.1", settings=None,
                 token=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.keep = keep
        self.node = node
        self.port = http_port or free_port()
        self.address = f"{host}:{self.port}"
        self.token = token
        self.process = None
        self.litters = False
        server, serf = free_port(), free_port()
        config = {
            "server": True, "node_name": node, "datacenter": "dc1", "bind_addr": host,
            "client_addr": host, "disable_update_check": True, "log_level": "debug",
            "performance": {"raft_multiplier": 1}, "leave_on_terminate": False,
            "ports": {"http": self.port, "dns": -1, "grpc": -1, "server": server, "serf_lan": serf, "serf_wan": -1},
        }
        if keep:
            config.update({"bootstrap_expect": 1, "data_dir": str(self.folder / "data")})
        config = {key: value for key, value in merge(config, settings).items() if value is not None}
        self.config = self.folder / "consul.json"
        self.config.write_text(json.dumps(config, indent=2))

    def start(self):
        self.launch()
        wait_until(self.is_ready, lambda: "Consul is ready:\n" + "\n".join(self.process.lines[-20:]), 30)
        return self

    def launch(self):
        """Without waiting for it: it may need others to be ready."""
        binary = subprocess.run([TOP / "tests/get-consul"], stdout=subprocess.PIPE, text=True)
        assert binary.returncode == 0, "there is no consul binary, and tests/get-consul could not have one"
        self.litters = not CONSUL_LITTER.exists()
        argv = [binary.stdout.strip(), "agent", "-config-file", self.config] + ([] if self.keep else ["-dev"])
        # Consul logs to standard output.
        self.process = Process(["/bin/sh", "-c", 'exec "$@" 1>&2', "sh", *argv], log=self.folder / "consul.log")

    def is_ready(self):
        assert self.process.is_running(), f"consul ended:\n{self.process.text()}"
        try:
            return self.get(f"/v1/health/node/{self.node}") and self.get("/v1/health/service/consul")
        except OSError:
            return False

    def stop(self):
        """As a crash: what edgewright is connected to goes away at once."""
        if self.process:
            self.process.kill()
            self.process = None
            if self.litters:
                with contextlib.suppress(OSError):
                    CONSUL_LITTER.rmdir()

    def pause(self):
        """Answers nothing, keeps its connections."""
        self.process.send(signal.SIGSTOP)

    def resume(self):
        self.process.send(signal.SIGCONT)

    def request(self, method, path, body=None):
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"X-Consul-Token": self.token} if self.token else {}
        request = urllib.request.Request(f"http://{self.address}{path}", data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
                return reply.read()
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return b"null"
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from None

    def get(self, path):
        return json.loads(self.request("GET", path))

    def put(self, path, body=None):
        return self.request("PUT", path, body if body is not None else b"")

    def register(self, name, port, tags=(), id=None, address="127.0.0.1", meta=None, check=None):
        """As Registrator does it. check: a status, "passing", "warning" or "critical"."""
        id = id or f"{self.node}:{name}-{port}:8050"
        service = {"ID": id, "Name": name, "Tags": list(tags), "Address": address, "Port": port}
        if meta:
            service["Meta"] = meta
        if check:
            service["Check"] = {"TTL": "1h", "Status": check}
        self.put("/v1/agent/service/register", service)
        return id

    def deregister(self, id):
        self.put(f"/v1/agent/service/deregister/{id}")

    def set_check(self, id, status):
        """status: pass, warn or fail; of a service registered with a check."""
        self.put(f"/v1/agent/check/{status}/service:{id}")

    def kv_put(self, key, value):
        self.put("/v1/kv/" + urllib.parse.quote(key), value.encode())

    def kv_delete(self, key):
        self.request("DELETE", "/v1/kv/" + urllib.parse.quote(key))

    def clear(self):
        """Forgets what a test left: its keys and services."""
        self.request("DELETE", "/v1/kv/?recurse")
        for id in self.get("/v1/agent/services"):
            self.deregister(id)
        wait_until(lambda: list(self.get("/v1/catalog/services")) == ["consul"], "Consul's catalogue is empty")

    def n_requests(self, path):
        """How many requests below this path Consul has answered and logged."""
        return sum(f"url={path}" in line and "method=GET" in line for line in list(self.process.lines))


def ask_socket(path, command):
    """One command to HAProxy's runtime API."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(command.encode() + b"\n")
        return b"".join(iter(lambda: client.recv(65536), b"")).decode()


def ask_master(path, command):
    """The same of its master, which answers until nobody asks any more."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(command.encode() + b"\n")
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b"")).decode()


class HAProxy:
    """A real HAProxy, master and worker. Its configuration file is whatever edgewright makes of it."""

    def __init__(self, folder, port=None, admin_socket=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = port or free_port()
        self.config = self.folder / "haproxy.cfg"
        self.pid_file = self.folder / "haproxy.pid"
        self.admin_socket = admin_socket        # for the configuration's `stats socket`
        self.reload = f"{TOP}/tests/reload-haproxy {self.pid_file}"
        self.process = None

    def start(self):
        self.process = Process(["haproxy", "-Ws", "-f", self.config, "-p", self.pid_file],
                               log=self.folder / "haproxy.log")
        wait_until(self.is_ready, lambda: "HAProxy listens:\n" + self.process.text())
        return self

    def is_ready(self):
        assert self.process.is_running(), f"haproxy ended:\n{self.process.text()}"
        with socket.socket() as probe:
            return read(self.pid_file) and probe.connect_ex(("127.0.0.1", self.port)) == 0

    def ask(self, command):
        """One command to the runtime API of the present worker."""
        return ask_socket(self.admin_socket, command)

    def worker_pid(self):
        return int(re.search(r"^Pid: (\d+)", self.ask("show info"), re.M)[1])

    def answers(self, n=12, host="127.0.0.1"):
        """Who answers n requests, one connection each."""
        return {fetch(self.port, host) for _ in range(n)}

    def wait_for_answers(self, wanted, host="127.0.0.1"):
        wait_until(lambda: self.answers(host=host) == set(wanted),
                   lambda: f"{sorted(wanted)} answer, but {sorted(self.answers(host=host))} do", 20)

    def stop(self):
        if self.process:
            def ends():     # the master ends its workers at once, but a signal in the middle of a reload is lost on it
                self.process.send(signal.SIGTERM)
                return not self.process.is_running()
            try:
                wait_until(ends, self.process.text)
                self.process.wait()
            finally:
                self.process.kill()
                self.process = None


def fetch(port, host="127.0.0.1", path="/"):
    """What answers an HTTP request, or the reason why nothing does."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Host": host, "Connection": "close"})
    try:
        with urllib.request.urlopen(request, timeout=5) as reply:
            return reply.read().decode().strip()
    except urllib.error.HTTPError as error:
        return f"status {error.code}"
    except OSError as error:
        return f"nothing ({getattr(error, 'reason', error)})"


class Backend:
    """A container's stand-in: an HTTP server whose answer is NAME:PORT."""

    def __init__(self, name="alpine", port=None):
        self.port = port or free_port()
        self.answer = f"{name}:{self.port}"
        self.process = Process([TOP / "tests/e2e/backend", name, self.port])
        wait_until(lambda: fetch(self.port) == self.answer,
                   lambda: f"a backend on port {self.port}: {fetch(self.port)} {self.process.text()}")

    def stop(self):
        self.process.kill()


class NotifySocket:
    """What systemd would hear: a datagram socket for $NOTIFY_SOCKET."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(0.05)
        self.messages = []      # a list of lines each
        self.closing = False
        self.reader = threading.Thread(target=self.collect, daemon=True)
        self.reader.start()

    def collect(self):
        while not self.closing:
            try:
                self.messages.append(self.socket.recv(65536).decode().split("\n"))
            except socket.timeout:
                pass

    def lines(self):
        return [line for message in list(self.messages) for line in message]

    def wait_for(self, pattern, timeout=PATIENCE, since=0):
        """The first line, after `since` of them, that the pattern matches whole."""
        def claim():
            return next(filter(None, (re.fullmatch(pattern, line) for line in self.lines()[since:])), None)
        return wait_until(claim, lambda: f"/{pattern}/ was notified, but {self.lines()[since:]}", timeout)

    def close(self):
        self.closing = True
        self.reader.join()
        self.socket.close()


class Proxy:
    """Stands between edgewright and Consul, and can be made to lie: what a real Consul cannot be brought to do.

    mode: pass; error (status 500); garbage (no JSON); cut (the answer ends in the middle); empty (a list of nothing, at
    the same index); lower (the index is 1); hangup (no answer). A function is asked for each answer's. It applies to
    answers that are sent from then on, also to those of requests that wait already.
    """

    def __init__(self, consul):
        self.mode = "pass"
        self.requests = []      # (path, headers) each
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.requests.append((self.path, dict(self.headers)))
                status, headers, body = outer.ask(f"http://{consul.address}{self.path}")
                mode = outer.mode() if callable(outer.mode) else outer.mode
                headers = {name: value for name, value in headers.items()
                           if name.lower().startswith(("x-consul", "content-type"))}
                if mode == "hangup":
                    self.close_connection = True
                    return
                if mode == "empty" and body.startswith(b"["):
                    body = b"[]"
                elif mode == "lower":
                    headers["X-Consul-Index"] = "1"
                if mode == "error":
                    status, body = 500, b"rpc error: no leader, for the test"
                elif mode == "garbage":
                    body = b"[{" + body
                length = len(body)
                if mode == "cut":
                    body = body[:length // 2]
                    self.close_connection = True
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass            # edgewright may close a connection whenever it likes

        self.server = Server(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def ask(url):
        try:
            with urllib.request.urlopen(url, timeout=700) as reply:
                return reply.status, reply.headers, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Finished:
    """A run that ended by itself."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def __repr__(self):
        return f"exit status {self.status}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Edgewright:
    """Starts the program in a folder of its own; everything that was started is ended by close()."""

    def __init__(self, folder, consul_address=None):
        self.binary = Path(os.environ.get("EDGEWRIGHT", TOP / "build/edgewright")).resolve()
        self.folder = Path(folder)
        self.consul_address = consul_address
        self.started = []

    def environment(self, extra):
        kept = {k: v for k, v in os.environ.items()
                if not k.startswith(("CONSUL", "NOTIFY_", "LISTEN_", "EDGEWRIGHT")) and not k.endswith("_DIRECTORY")}
        return {**kept, **(extra or {})}

    def argv(self, args, consul):
        address = self.consul_address if consul is True else consul
        return [self.binary, *(["-consul-addr", address] if address else []), *args]

    def start(self, *args, env=None, consul=True, stdout=subprocess.DEVNULL):
        """A daemon. consul: an address, None for no option at all."""
        process = Process(self.argv(args, consul), env=self.environment(env), cwd=self.folder,
                          log=self.folder / "edgewright.log", stdout=stdout)
        self.started.append(process)
        return process

    def run(self, *args, env=None, consul=True, timeout=30):
        """A run that ends by itself: --once, check, a refusal."""
        argv = [str(word) for word in self.argv(args, consul)]
        try:
            done = subprocess.run(argv, env=self.environment(env), cwd=self.folder, stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=timeout, text=True, errors="replace")
        except subprocess.TimeoutExpired as error:
            raise Timeout(f"did not end in {timeout} s: {argv}\n{(error.stderr or b'').decode()}") from None
        check_sanitizers(done.stderr)
        assert done.returncode >= 0, f"ended by signal {-done.returncode}:\n{done.stderr}"
        return Finished(done.returncode, done.stdout, done.stderr)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def template(self, text, destination="out", **settings):
        """Writes a template; returns its entry of the configuration."""
        source = self.write(f"{destination}.ctmpl", text)
        return {"source": source, "destination": self.folder / destination, **settings}

    def config(self, *templates, name="edgewright.yaml", **settings):
        """Writes a configuration (JSON is YAML) and returns its path."""
        entries = [{k: str(v) if isinstance(v, Path) else v for k, v in entry.items()} for entry in templates]
        return self.write(name, json.dumps({**settings, "template": entries}, indent=2) + "\n")

    def close(self):
        for process in self.started:
            process.kill()
        for process in self.started:
            check_sanitizers(process.text())


def check_sanitizers(text):
    assert not re.search(r"AddressSanitizer|LeakSanitizer|runtime error:|Assertion .* failed", text), text
