"""A Consul over TLS that ends streams and connections as a test wants it: what the real one cannot be made to do."""
import asyncio
import collections
import json
import ssl
import subprocess
import threading
import urllib.parse

import h2.config
import h2.connection
import h2.events
import h2.settings
import hyperframe.frame

REFUSED_STREAM = 7


def make_certificate(folder, name="server"):
    """name.pem and name.key, which vouch for themselves."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "2", "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem", "-subj", f"/CN={name}",
                    "-addext", "subjectAltName=IP:127.0.0.1,DNS:server.dc1.consul"],
                   check=True, stderr=subprocess.DEVNULL)
    return f"{folder}/{name}.pem", f"{folder}/{name}.key"


class Link(asyncio.Protocol):
    """One connection: HTTP/2, or HTTP/1.1 if that is all that is offered."""

    def __init__(self, consul):
        self.consul = consul
        self.blocked = {}           # by stream: (service, index)
        self.text = b""

    def connection_made(self, transport):
        self.transport = transport
        self.consul.links.append(self)
        self.consul.n_most = max(self.consul.n_most, len(self.consul.links))
        self.h2 = None
        if transport.get_extra_info("ssl_object").selected_alpn_protocol() == "h2":
            self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
            self.h2.local_settings = h2.settings.Settings(client=False, initial_values={
                h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: self.consul.max_streams})
            self.h2.initiate_connection()
            # From here on more are accepted: the library would end the whole connection.
            self.h2.local_settings._settings[h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS] = \
                collections.deque([2 ** 31 - 1])
            self.flush()

    def connection_lost(self, _):
        self.consul.links.remove(self)

    def flush(self):
        self.transport.write(self.h2.data_to_send())

    def data_received(self, data):
        if not self.h2:
            self.text += data
            while b"\r\n\r\n" in self.text:
                head, self.text = self.text.split(b"\r\n\r\n", 1)
                self.asked(1, head.split()[1].decode())
            return
        for event in self.h2.receive_data(data):
            if isinstance(event, h2.events.RequestReceived) and len(self.blocked) >= self.consul.max_streams:
                self.h2.reset_stream(event.stream_id, error_code=REFUSED_STREAM)     # as Go's server
            elif isinstance(event, h2.events.RequestReceived):
                self.asked(event.stream_id, dict(event.headers)[b":path"].decode())
            elif isinstance(event, h2.events.StreamReset):
                self.blocked.pop(event.stream_id, None)
        self.flush()

    def asked(self, stream, path):
        url = urllib.parse.urlsplit(path)
        if url.path == "/v1/status/leader":
            self.send(stream, 1, b'"127.0.0.1:8300"')
            return
        if not url.path.startswith("/v1/health/service/"):
            self.send(stream, 1, b"", 404)
            return
        query = urllib.parse.parse_qs(url.query)
        name = url.path.rsplit("/", 1)[1]
        index = int(query.get("index", ["0"])[0])
        self.consul.requests.append((name, index))
        if index and index >= self.consul.services[name][0]:
            self.blocked[stream] = (name, index)
        else:
            self.answer(stream, name)

    def answer(self, stream, name):
        index, port = self.consul.services[name]
        body = json.dumps([{"Node": {"Node": "n", "Address": "10.0.0.1"}, "Checks": [],
                            "Service": {"ID": name, "Service": name, "Port": port, "Tags": []}}]).encode()
        self.send(stream, index, body)

    def send(self, stream, index, body, status=200):
        headers = [("x-consul-index", str(index)), ("content-length", str(len(body)))]
        if self.h2:
            self.h2.send_headers(stream, [(":status", str(status)), *headers])
            self.h2.send_data(stream, body, end_stream=True)
            self.flush()
        else:
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
            self.transport.write(f"HTTP/1.1 {status} OK\r\n{lines}\r\n".encode() + body)

    def ring(self):
        for stream, (name, index) in list(self.blocked.items()):
            if self.consul.services[name][0] > index:
                del self.blocked[stream]
                self.answer(stream, name)

    def reset_streams(self):
        for stream in self.blocked:
            self.h2.reset_stream(stream, error_code=2)      # INTERNAL_ERROR
        self.blocked.clear()
        self.flush()

    def go_away(self, last_stream):
        """Wants no more requests; has answered, or will answer, those up to last_stream."""
        self.transport.write(hyperframe.frame.GoAwayFrame(0, last_stream_id=last_stream).serialize())

    def go_away_at_once(self):
        self.go_away(0)
        self.abort()

    def abort(self):
        self.blocked.clear()
        asyncio.get_running_loop().call_soon(self.transport.abort)


class H2Consul:
    """services: name -> (index, port)."""

    def __init__(self, folder, services, alpn=("h2", "http/1.1"), max_streams=250):
        self.services = {name: (10, 1000 + i) for i, name in enumerate(services)}
        self.max_streams = max_streams
        self.links, self.requests, self.n_most = [], [], 0
        self.certificate, key = make_certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        context.set_alpn_protocols(alpn)
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.server = self.call(lambda: self.loop.create_server(lambda: Link(self), "127.0.0.1", 0, ssl=context))
        self.address = "https://127.0.0.1:%d" % self.server.sockets[0].getsockname()[1]

    def call(self, make):
        """Runs in the loop's thread; a coroutine to its end."""
        async def run():
            result = make()
            return await result if asyncio.iscoroutine(result) else result
        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(10)

    def change(self, name, port):
        def act():
            self.services[name] = (self.services[name][0] + 1, port)
            for link in list(self.links):
                link.ring()
        self.call(act)

    def on_each_link(self, act):
        self.call(lambda: [act(link) for link in list(self.links) if not link.transport.is_closing()] and None)

    def n_blocked(self):
        return self.call(lambda: sum(len(link.blocked) for link in self.links))

    def close(self):
        self.call(lambda: [link.transport.abort() for link in self.links] and self.server.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
