"""Virtual hosts on one machine: each a network namespace with a host name and a /dev/shm of its own, joined by a bridge
that leads nowhere else. To MPI they are machines that talk TCP."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

NETWORK = "10.211.77"


def can_have_hosts():
    """Whether this is root and the kernel has network namespaces."""
    if os.geteuid() != 0:
        return False
    return subprocess.run(["unshare", "--net", "true"], stderr=subprocess.DEVNULL).returncode == 0


def ip(*arguments, namespace=None):
    inside = ["-n", namespace] if namespace else []
    subprocess.run(["ip", *inside, *arguments], check=True)


class Hosts:
    """As a context: the hosts are there within it."""

    def __init__(self, count):
        self.count = count
        self.name = f"bayres{os.getpid()}"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hosts"))

    def namespace(self, host):
        return f"{self.name}-{host}"

    def __enter__(self):
        try:
            self.make_switch()
            for host in range(self.count):
                self.make_host(host)
        except BaseException:
            self.remove()
            raise
        agent = self.folder / "agent"
        # mpirun calls it with a host and a command, as it would call ssh.
        agent.write_text("#!/bin/sh\nhost=$(( ${1##*.} - 1 ))\nshift\n" + self.entering("$host") + ' sh -c "$*"\n')
        agent.chmod(0o755)
        return self

    def __exit__(self, *_):
        self.remove()

    def make_switch(self):
        ip("netns", "add", self.namespace("switch"))
        ip("link", "add", "bridge", "type", "bridge", namespace=self.namespace("switch"))
        ip("link", "set", "bridge", "up", namespace=self.namespace("switch"))

    def make_host(self, host):
        space, switch = self.namespace(host), self.namespace("switch")
        ip("netns", "add", space)
        ip("link", "add", "net0", "type", "veth", "peer", "name", f"port{host}", "netns", switch, namespace=space)
        ip("link", "set", f"port{host}", "master", "bridge", "up", namespace=switch)
        ip("addr", "add", f"{NETWORK}.{host + 1}/24", "dev", "net0", namespace=space)
        for device in ("net0", "lo"):
            ip("link", "set", device, "up", namespace=space)

    def entering(self, host):
        """The beginning of a shell command that is to run on a host."""
        return (f"exec ip netns exec {self.name}-{host} unshare --uts --ipc --mount sh -c '"
                f'hostname "$0" && mount -t tmpfs shm /dev/shm && exec "$@"' + f"' virtual{host}")

    def on(self, host, command):
        """A command as it is to be started here, to run there."""
        return ["sh", "-c", self.entering(host) + ' "$@"', "sh", *map(str, command)]

    def mpirun(self, ranks_per_host, command, hosts=None):
        """The same, of ranks on the first of the hosts, or on all."""
        slots = ",".join(f"{NETWORK}.{host + 1}:{ranks_per_host}" for host in range(hosts or self.count))
        return self.on(0, ["mpirun", "--allow-run-as-root", "--host", slots, "--map-by", "slot:OVERSUBSCRIBE", "--bind-to",
                           "none", *command])

    def environment(self):
        open_mpi = {"plm": "rsh", "plm_rsh_agent": str(self.folder / "agent"), "plm_rsh_no_tree_spawn": "1",
                    "oob_tcp_if_include": "net0", "btl_tcp_if_include": "net0", "pml": "ob1", "btl": "self,vader,tcp",
                    "btl_vader_single_copy_mechanism": "none", "mpi_yield_when_idle": "1",
                    "orte_tmpdir_base": str(self.folder)}
        return os.environ | {f"OMPI_MCA_{key}": value for key, value in open_mpi.items()}

    def limit(self, rate):
        """What a host may send, such as 100mbit; None: as much as it can."""
        for host in range(self.count):
            device = ["tc", "-n", self.namespace(host), "qdisc"]
            subprocess.run([*device, "del", "dev", "net0", "root"], stderr=subprocess.DEVNULL)
            if rate:
                subprocess.run([*device, "add", "dev", "net0", "root", "tbf", "rate", rate, "burst", "16kb", "latency",
                                "200ms"], check=True)

    def kill(self, host):
        """Everything that runs on a host ends at once."""
        pids = subprocess.run(["ip", "netns", "pids", self.namespace(host)], capture_output=True, text=True)
        for pid in pids.stdout.split():
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass

    def remove(self):
        for host in [*range(self.count), "switch"]:
            if not pathlib.Path("/run/netns", self.namespace(host)).exists():
                continue
            self.kill(host)
            ip("netns", "del", self.namespace(host))
        shutil.rmtree(self.folder, ignore_errors=True)
