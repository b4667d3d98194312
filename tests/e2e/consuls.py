"""Consuls of other shapes than rig.Consul alone: a cluster, one with access control, certificates for one with TLS."""
import contextlib
import json
import subprocess

import rig

MASTER = "11111111-1111-1111-1111-111111111111"     # may do everything


def try_to(change, *args):
    """Until Consul takes the change: it may have no leader now, or no connection for us."""
    def claim():
        with contextlib.suppress(AssertionError, OSError):
            change(*args)
            return True
    rig.wait_until(claim, "Consul takes a change", 30)


class Cluster:
    """Three servers on 127.0.0.2 to 127.0.0.4 and, on 127.0.0.1, the agent that is asked."""

    def __init__(self, folder):
        ports = {"server": rig.free_port(), "serf_lan": rig.free_port()}
        hosts = [f"127.0.0.{n}" for n in (2, 3, 4)]
        joining = {"ports": ports, "retry_join": [f"{host}:{ports['serf_lan']}" for host in hosts],
                   "retry_interval": "200ms"}
        self.servers = {
            host: rig.Consul(folder / host, keep=True, node=f"server-{host[-1]}", host=host,
                             settings={**joining, "bootstrap_expect": len(hosts)}) for host in hosts}
        self.agent = rig.Consul(folder / "agent", keep=True,
                                settings={**joining, "server": False, "bootstrap_expect": None})

    def start(self):
        for consul in (*self.servers.values(), self.agent):
            consul.launch()
        self.wait_until_ready()
        return self

    def wait_until_ready(self):
        rig.wait_until(self.is_ready, lambda: "the cluster is ready:\n" + "\n".join(self.agent.process.lines[-20:]), 60)

    def is_ready(self):
        with contextlib.suppress(AssertionError, OSError):      # no leader yet
            return self.leader() and self.agent.is_ready()

    def leader(self):
        """The server that is it; None: nobody is."""
        return self.servers.get(self.agent.get("/v1/status/leader").split(":")[0])

    def stop(self):
        for consul in (self.agent, *self.servers.values()):
            consul.stop()


class Guarded(rig.Consul):
    """With ACLs, and nothing allowed to those without a token."""

    def __init__(self, folder):
        acl = {"enabled": True, "default_policy": "deny", "tokens": {"master": MASTER, "agent": MASTER}}
        super().__init__(folder, settings={"acl": acl}, token=MASTER)

    def is_ready(self):
        with contextlib.suppress(AssertionError):       # the master token comes a moment after the leader
            return super().is_ready() and self.get("/v1/health/service/consul")

    def policy(self, rules, id=None):
        """Makes or changes a policy; returns its ID."""
        path = f"/v1/acl/policy/{id}" if id else "/v1/acl/policy"
        name = {"Name": f"policy-{id or len(self.get('/v1/acl/policies'))}"}
        if id:
            name = {"Name": self.get(path)["Name"]}
        return json.loads(self.put(path, {**name, "Rules": rules}))["ID"]

    def new_token(self, policy):
        """Returns its accessor and the token itself."""
        made = json.loads(self.put("/v1/acl/token", {"Policies": [{"ID": policy}]}))
        return made["AccessorID"], made["SecretID"]

    def delete_token(self, accessor):
        self.request("DELETE", f"/v1/acl/token/{accessor}")


def openssl(folder, *words):
    subprocess.run(["openssl", *map(str, words)], cwd=folder, check=True, capture_output=True)


class Certificates:
    """An authority of the test's own and what it signs: ca.pem, NAME.pem, NAME.key."""

    def __init__(self, folder, name="ca"):
        self.folder = folder
        self.ca = folder / f"{name}.pem"
        self.ca_key = folder / f"{name}.key"
        openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2,
                "-subj", f"/CN=test {name}", "-keyout", self.ca_key, "-out", self.ca)

    def sign(self, name, *names):
        """names: "DNS:…", "IP:…". Returns certificate and key."""
        paths = [self.folder / f"{name}.{end}" for end in ("pem", "key", "csr", "ext")]
        openssl(self.folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                f"/CN={name}", "-keyout", paths[1], "-out", paths[2])
        paths[3].write_text(f"subjectAltName={','.join(names or [f'DNS:{name}'])}\n")
        openssl(self.folder, "x509", "-req", "-days", 2, "-in", paths[2], "-CA", self.ca, "-CAkey", self.ca_key,
                "-CAcreateserial", "-extfile", paths[3], "-out", paths[0])
        return paths[0], paths[1]
