"""A SLURM cluster to throw away: plain processes of this machine, on the loopback device only.

Three nodes are pretended: two without a GPU and one with two fake GPUs, in the partitions `cpu` and
`gpu`. No systemd, cgroups or database. The daemons of the nodes live in a network namespace of
their own, in which nothing but the loopback device is up: a job can reach no network.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

CLIENTS = ("sbatch", "srun", "scancel", "squeue", "scontrol", "sinfo", "sacctmgr", "sshare")
CPU_NODES, GPU_NODE = ("plain1", "plain2"), "graphics1"
CPUS, MEMORY_MB, GPUS = 8, 200000, 2  # advertised by each node, not there
_PORT = 16917  # of the controller; those after it are the nodes' and srun's
_NOWHERE = "192.0.2.1"  # of a range that is kept for examples
# Seconds after which something has gone wrong, also on a machine that has much else to do: nothing
# waits as long as it runs well. SLURM's own limits, in its configuration below, are as generous.
PATIENCE = 1800.0
_CONFIGURATION = """ClusterName=throwaway
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SrunPortRange={first}-{last}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/run/munge.sock
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd.%n.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd.%n.log
MpiDefault=none
SwitchType=switch/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
SlurmdParameters=config_overrides
ReturnToService=2
SchedulerParameters=bf_interval=5,sched_min_interval=100000,batch_sched_delay=0,defer_batch
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=256
GresTypes=gpu
MinJobAge=3600
KillWait=2
CompleteWait=0
InactiveLimit=0
MessageTimeout=100
TCPTimeout=60
BatchStartTimeout=600
SlurmdTimeout=3600
UnkillableStepTimeout=3600
AccountingStorageType=accounting_storage/none
{nodes}
PartitionName=cpu Nodes={cpu_nodes} Default=YES MaxTime=12:00:00 DefaultTime=10
PartitionName=gpu Nodes={gpu_node} MaxTime=12:00:00 DefaultTime=10
"""


class ClusterError(Exception):
    """The cluster did not start; says which daemon, with the end of its log."""


@dataclass
class Cluster:
    """A running cluster; `start` makes one, `stop` ends every process that it started."""

    folder: Path
    daemons: list[tuple[str, subprocess.Popen[bytes]]] = field(default_factory=list)

    def start(self) -> None:
        """Write the configuration and start the daemons.

        Raises ClusterError where one doesn't answer.
        """
        for name in ("bin", "etc", "log", "state", "spool", "run", "dev"):
            (self.folder / name).mkdir(parents=True)
        self.folder.chmod(0o755)
        self._write_configuration()
        self._write_clients()
        try:
            self._start_munge()
            self._start_namespace()
            self._spawn("slurmctld", *self._entering(), "slurmctld", "-D", "-c")
            self._wait("slurmctld", lambda: self.call("scontrol", "ping").returncode == 0)
            for node in (*CPU_NODES, GPU_NODE):
                self._spawn(f"slurmd-{node}", *self._entering(), "slurmd", "-D", "-N", node)
            self._wait("slurmd", lambda: self.states() == {"idle"})
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Cancel all jobs and end the daemons, the last started first."""
        try:
            if any(name == "slurmctld" and d.poll() is None for name, d in self.daemons):
                self.call("scancel", "--user=root")
                self._wait("a cancelled job", lambda: not self.call("squeue", "--noheader").stdout)
        finally:
            for _, daemon in reversed(self.daemons):
                if daemon.stdin is not None:
                    daemon.stdin.close()
                daemon.terminate()
                try:
                    daemon.wait(60)
                except subprocess.TimeoutExpired:
                    daemon.kill()
                    daemon.wait()
            self.daemons.clear()

    @property
    def environment(self) -> dict[str, str]:
        """What a user's shell has: the clients first on PATH, and their configuration."""
        path = f"{self.folder / 'bin'}{os.pathsep}{_system_path()}"
        return {"PATH": path, "SLURM_CONF": str(self.folder / "etc/slurm.conf")}

    def call(self, *words: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a client of SLURM; one that hangs is ended after `timeout` seconds."""
        return subprocess.run(
            ["timeout", str(timeout), *words],
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def states(self) -> set[str]:
        """The states in which the nodes are."""
        return set(self.call("sinfo", "--noheader", "--Node", "--format=%T").stdout.split())

    def set_state(self, state: str, *nodes: str) -> None:
        """As administrators do: DRAIN lets no job start, DOWN ends those that run, RESUME both."""
        words = ("update", f"NodeName={','.join(nodes)}", f"State={state}", "Reason=a test")
        changed = self.call("scontrol", *words)
        # A node that was down may have come back by itself: then there is nothing to resume.
        back = state == "RESUME" and "Invalid node state" in changed.stderr
        if changed.returncode != 0 and not back:
            raise ClusterError(changed.stderr)

    def node_logs(self) -> str:
        """What the daemons of the nodes have noted."""
        return "".join(log.read_text() for log in (self.folder / "log").glob("slurmd.*.log"))

    def in_namespace(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the network of the nodes."""
        command = [*self._entering(), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def _entering(self) -> list[str]:
        return ["nsenter", f"--net={(self.folder / 'run/namespace').read_text()}"]

    def _write_clients(self) -> None:
        """Wrappers: each client talks to the controller from within the nodes' namespace.

        The plugin's job step drops every SLURM_* variable, the one that names the configuration
        too, before it calls srun: the wrapper sets it.
        """
        for name in CLIENTS:
            real = shutil.which(name, path=_system_path())
            wrapper = self.folder / "bin" / name
            wrapper.write_text(
                f"#!/bin/sh\nexport SLURM_CONF={self.folder}/etc/slurm.conf\n"
                f'exec nsenter --net="$(cat {self.folder}/run/namespace)" {real} "$@"\n'
            )
            wrapper.chmod(0o755)

    def _write_configuration(self) -> None:
        etc, device = self.folder / "etc", self.folder / "dev"
        host = socket.gethostname().split(".")[0]
        common = f"NodeHostname={host} NodeAddr=127.0.0.1 CPUs={CPUS} RealMemory={MEMORY_MB}"
        nodes = [
            f"NodeName={node} {common} Port={_PORT + number}"
            for number, node in enumerate((*CPU_NODES, GPU_NODE), start=1)
        ]
        nodes[-1] += f" Gres=gpu:fake:{GPUS}"
        text = _CONFIGURATION.format(
            host=host,
            port=_PORT,
            first=_PORT + 10,
            last=_PORT + 110,
            folder=self.folder,
            nodes="\n".join(nodes),
            cpu_nodes=",".join(CPU_NODES),
            gpu_node=GPU_NODE,
        )
        (etc / "slurm.conf").write_text(text)
        (etc / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
        # A GPU is a character device of its own: each a copy of /dev/null.
        for number in range(GPUS):
            os.mknod(device / f"gpu{number}", 0o666 | 0o020000, os.makedev(1, 3))
        gres = f"Name=gpu Type=fake File={device}/gpu[0-{GPUS - 1}]"
        (etc / "gres.conf").write_text(f"AutoDetect=off\nNodeName={GPU_NODE} {gres}\n")

    def _start_namespace(self) -> None:
        # Beside 127.0.0.1 an address is needed, one that leads nowhere: with that alone the C
        # library resolves no name. `cat` does nothing but hold the namespace open.
        network = f"ip link set lo up && ip address add {_NOWHERE}/32 dev lo && exec cat"
        self._spawn("namespace", "unshare", "--net", "sh", "-c", network, pipe=True)
        space = f"/proc/{self.daemons[-1][1].pid}/ns/net"
        (self.folder / "run/namespace").write_text(space)
        self._wait("namespace", lambda: _NOWHERE in self.in_namespace("ip", "address").stdout)

    def _start_munge(self) -> None:
        key, run = self.folder / "run/munge.key", self.folder / "run"
        run.chmod(0o755)
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
        files = {"key-file": key, "socket": run / "munge.sock", "pid-file": run / "munged.pid"}
        files |= {"log-file": self.folder / "log/munged.log", "seed-file": run / "munge.seed"}
        options = [f"--{name}={path}" for name, path in files.items()]
        self._spawn("munged", "munged", "--foreground", "--force", *options)
        sock = str(run / "munge.sock")
        self._wait("munged", lambda: self.call("munge", "-n", "-S", sock).returncode == 0)

    def _spawn(self, name: str, *words: str, pipe: bool = False) -> None:
        with (self.folder / f"log/{name}.out").open("wb") as log:
            daemon = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *words],  # none outlives tests that are killed
                env={**os.environ, **self.environment},
                stdin=subprocess.PIPE if pipe else subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.daemons.append((name, daemon))

    def _wait(self, name: str, answers: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not answers():
            ended = [each for each, daemon in self.daemons if daemon.poll() is not None]
            if ended or time.monotonic() > end:
                logs = (log.read_text(errors="replace") for log in (self.folder / "log").iterdir())
                raise ClusterError(
                    f"{name} did not answer; ended: {ended}\n"
                    + "\n".join(log[-800:] for log in logs)
                )
            time.sleep(0.1)


def _system_path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/bin"
