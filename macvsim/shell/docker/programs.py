"""The programs a container can run: which are there, and which of busybox's are left out."""

from __future__ import annotations

from macvsim.docker.container import SHELLS, Container
from macvsim.errors import NotSimulated
from macvsim.host import Box
from macvsim.shell.call import REGISTRY

_APPLETS = """[ [[ acpid addgroup adduser adjtimex arch arp arping ascii ash awk base32 base64 basename bc beep
    blkdiscard blkid blockdev bootchartd brctl bunzip2 bzcat bzip2 cal cat chattr chgrp chmod chown chpasswd chpst
    chroot chrt chvt cksum clear cmp comm conspy cp cpio crc32 crond crontab cryptpw cttyhack cut date dc dd deallocvt
    delgroup deluser depmod devmem df dhcprelay diff dirname dmesg dnsd dnsdomainname dos2unix dpkg dpkg-deb du dumpkmap
    dumpleases echo ed egrep eject env envdir envuidgid ether-wake expand expr factor fakeidentd fallocate false
    fatattr fbset fbsplash fdflush fdformat fdisk fgconsole fgrep find findfs flock fold free freeramdisk fsck
    fsck.minix fsfreeze fstrim fsync ftpd ftpget ftpput fuser getfattr getopt getty grep groups gunzip gzip halt hd
    hdparm head hexdump hexedit hostid hostname httpd hush hwclock i2cdetect i2cdump i2cget i2cset i2ctransfer id
    ifconfig ifdown ifenslave ifplugd ifup inetd init insmod install ionice iostat ip ipaddr ipcalc ipcrm ipcs iplink
    ipneigh iproute iprule iptunnel kbd_mode kill killall killall5 klogd last less link linux32 linux64 linuxrc ln
    loadfont loadkmap logger login logname logread losetup lpd lpq lpr ls lsattr lsmod lsof lspci lsscsi lsusb lzcat
    lzma lzop makedevs makemime man md5sum mdev mesg microcom mim mkdir mkdosfs mke2fs mkfifo mkfs.ext2 mkfs.minix
    mkfs.vfat mknod mkpasswd mkswap mktemp modinfo modprobe more mount mountpoint mpstat mt mv nameif nanddump
    nandwrite nbd-client nc netstat nice nl nmeter nohup nologin nproc nsenter nslookup ntpd od openvt partprobe passwd
    paste patch pgrep pidof ping ping6 pipe_progress pivot_root pkill pmap popmaildir poweroff powertop printenv printf
    ps pscan pstree pwd pwdx raidautorun rdate rdev readahead readlink readprofile realpath reboot reformime
    remove-shell renice reset resize resume rev rm rmdir rmmod route rpm rpm2cpio rtcwake run-init run-parts runlevel
    runsv runsvdir rx script scriptreplay sed seedrng sendmail seq setarch setconsole setfattr setfont setkeycodes
    setlogcons setpriv setserial setsid setuidgid sh sha1sum sha256sum sha3sum sha512sum showkey shred shuf slattach
    sleep smemcap softlimit sort split ssl_client start-stop-daemon stat strings stty su sulogin sum sv svc svlogd svok
    swapoff swapon switch_root sync sysctl syslogd tac tail tar taskset tcpsvd tee telnet telnetd test tftp tftpd time
    timeout top touch tr traceroute traceroute6 tree true truncate ts tsort tty ttysize tunctl ubiattach ubidetach
    ubimkvol ubirename ubirmvol ubirsvol ubiupdatevol udhcpc udhcpc6 udhcpd udpsvd uevent umount uname unexpand uniq
    unix2dos unlink unlzma unshare unxz unzip uptime users usleep uudecode uuencode vconfig vi vlock volname w wall
    watch watchdog wc wget which who whoami whois xargs xxd xz xzcat yes zcat zcip"""
BUSYBOX_APPLETS = frozenset(_APPLETS.split())
"""What busybox 1.37 comes with."""

_FOLDERS = ("/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/")


def has_program(box: Box, word: str) -> bool:
    """Whether a box can run a program; `NotSimulated` for what the real one could."""
    name = word
    for folder in _FOLDERS:
        name = name.removeprefix(folder)
    if REGISTRY.find(name, box.flavour.name) is not None or word in SHELLS:
        return True
    if name in BUSYBOX_APPLETS:
        raise NotSimulated(f"{name} in a container")
    return False


def check_program(container: Container) -> None:
    """`DockerError` unless the container's main process can be started."""
    word = container.config.argv[0]
    if not has_program(container, word):
        raise container.engine.profile.error("container.no_program", program=word)
