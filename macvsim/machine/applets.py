"""Which programs real machines have: macvsim says so when it leaves one out, instead of ``not found``."""

from __future__ import annotations

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

_TOOLS = """addgroup adduser apt apt-get awk base64 basename bash bc brctl bunzip2 bzip2 cal chattr chgrp chmod
    chown chroot cmp column comm conntrack containerd cp crontab ctr curl dd dhclient dhcpcd diff dig dir
    dircolors dirname dmesg dpkg du df docker-compose ethtool expand expr factor find flock fmt fold free ftp
    fuser gawk gdb getent git groups gunzip gzip host hostnamectl htop ifdown ifenslave ifquery ifup iftop
    install iperf iperf3 ipset iptables iptables-restore iptables-save ip6tables ip6tables-save
    ip6tables-restore ipmaddr iptunnel arptables ebtables ipcalc iw iwconfig join journalctl killall last
    ldconfig less link ln locale logger login logname logrotate losetup lsattr lsblk lnstat lscpu lsmod lsns lsof lspci
    lsusb make man mapfile mawk md5sum mii-tool mkfifo mknod mktemp modinfo modprobe more mount mountpoint mtr
    mv nameif nano nc ncat ndisc6 netcat netplan netstat nft ngrep nice nl nmap nmcli nohup nproc nslookup nsenter nstat
    ntpdate od openssl passwd paste pathchk perl pgrep pidof ping6 pip3 pkill plipconfig pr printenv prlimit ps
    pstree pwdx python python3 rarp rdisc6 rdma readlink realpath reboot renice resolvectl rev rmmod rsync rtacct rtmon
    rtstat runc scp screen script sed service setcap setpriv setsid sftp sha1sum sha256sum sha512sum shuf
    shutdown slattach split ss ssh sshd ssh-keygen stat stdbuf strace stty su sudo sum sync systemctl
    systemd-resolve tac tail tar taskset tc tcpdump tee telnet tftp time tload top tput tracepath traceroute6 tree
    truncate tsort tty tunctl ulogd unlink unshare unxz unzip uptime useradd users usermod vi vim vmstat w wall
    watch wget whereis who whoami wireshark tshark wpa_supplicant xargs xxd xz yes yum zcat zip"""
TOOLS = frozenset(_TOOLS.split())
"""What Debian and CentOS machines of a network lab come with, or have packages for."""
