#!/bin/sh
# Builds the Debian 13 host that the tests of test/lab boot, with everything that the kernel of a development machine may lack: device mapper,
# ZFS, servers and clients of NFS, SMB, iSCSI and Ceph. Needs root. Packages come from where this machine's own apt gets Debian.
#
# Makes `disk.raw`, the root file system without a boot loader; `kernel` and `initrd.img`, which QEMU boots it with; and `qemu/run`, the QEMU of
# Debian 13, which boots this kernel under TCG where the QEMU of Debian 12 does not.
#
# A host takes what makes it one of several (name, keys, addresses) from a tar archive, which is its disk with the serial number `settings`.
#
# ZFS is compiled in a throw-away layer over the tree; its modules are kept in CACHE-FOLDER for the next build with the same kernel.
#
# usage: scripts/build-lab-host.sh OUT-FOLDER CACHE-FOLDER
set -eu

if [ $# -ne 2 ]; then
  echo "usage: $0 OUT-FOLDER CACHE-FOLDER" >&2
  exit 2
fi
out=$(realpath -m "$1")
cache=$(realpath -m "$2")
suite=trixie

if [ "$(id -u)" -ne 0 ]; then
  echo "$0: only root can build a Debian tree" >&2
  exit 1
fi
missing=
for tool in mmdebstrap mke2fs unshare; do
  command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
done
if [ -n "$missing" ]; then
  echo "$0: not installed:$missing. Run: apt-get install mmdebstrap e2fsprogs util-linux" >&2
  exit 1
fi

# In name spaces of its own: however a build is ended, its processes and mounts end with it.
if [ "${CORRAL_LAB_BUILD:-}" != inside ]; then
  CORRAL_LAB_BUILD=inside exec unshare --mount --pid --fork --kill-child --mount-proc sh "$0" "$out" "$cache"
fi

mkdir -p "$cache" "$(dirname "$out")"
# On the file system of the result, so that the last step is a rename.
work=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM
tree=$work/tree
startedAt=$(date +%s)
say() { echo "lab image, $(($(date +%s) - startedAt)) s: $1"; }

# Where this machine gets Debian (of whatever release), and Debian's security updates if it has them.
apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' | grep ' main$' | sort -u >"$work/targets"
site=$(awk '$2 !~ /-/ {print $1; exit}' "$work/targets")
security=$(awk '$2 ~ /-security$/ {print $1; exit}' "$work/targets")
if [ -z "$site" ]; then
  echo "$0: apt on this machine knows no source of Debian. Add one and run: apt-get update" >&2
  exit 1
fi
echo "deb $site $suite main contrib" >"$work/sources.list"
[ -z "$security" ] || echo "deb $security $suite-security main contrib" >>"$work/sources.list"

cat >"$work/before-packages.sh" <<'BEFORE'
#!/bin/sh
# Only what this host's disks need goes into the initrd.
mkdir -p "$1/etc/initramfs-tools/conf.d"
printf 'MODULES=list\nCOMPRESS=zstd\n' >"$1/etc/initramfs-tools/conf.d/modules"
printf '%s\n' virtio_pci virtio_blk ext4 >"$1/etc/initramfs-tools/modules"
# No daemon of the tree is started on this machine.
printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
chmod 755 "$1/usr/sbin/policy-rc.d"
BEFORE
chmod 755 "$work/before-packages.sh"

# The base; what Corral runs guests with; containers; backups; local storage; storage over the network, both ends; looking after disks.
packages=systemd-sysv,udev,dbus,iproute2,kmod,zstd,openssh-server,linux-image-cloud-amd64,initramfs-tools,nodejs,sudo
packages=$packages,qemu-system-x86,qemu-utils,qemu-block-extra,socat
packages=$packages,lxc,lxcfs,uidmap,apparmor,quota,e2fsprogs
packages=$packages,rsync,restic
packages=$packages,lvm2,thin-provisioning-tools,zfsutils-linux,btrfs-progs,xfsprogs
packages=$packages,nfs-kernel-server,nfs-common,samba,smbclient,cifs-utils,open-iscsi,targetcli-fb,tgt,ceph-common
packages=$packages,gdisk,parted,smartmontools

if ! mmdebstrap --quiet --mode=root --format=directory --variant=apt --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --include="$packages" --skip=cleanup/apt --essential-hook="$work/before-packages.sh" "$suite" "$tree" "$work/sources.list" >"$work/build.log" 2>&1; then
  tail -n 40 "$work/build.log" >&2
  echo "$0: the Debian tree could not be built" >&2
  exit 1
fi
say 'the packages are there'

kernel=$(basename "$(echo "$tree"/usr/lib/modules/*)")
zfsVersion=$(chroot "$tree" dpkg-query -W -f '${source:Upstream-Version}' zfsutils-linux)
modules=$cache/zfs-$zfsVersion-$kernel
if [ ! -d "$modules" ]; then
  mkdir "$work/upper" "$work/overlay" "$work/merged"
  mount -t overlay -o "lowerdir=$tree,upperdir=$work/upper,workdir=$work/overlay" overlay "$work/merged"
  mount -t proc proc "$work/merged/proc"
  rm -f "$work/merged/etc/resolv.conf"
  cp -L /etc/resolv.conf "$work/merged/etc/resolv.conf"
  # An initrd of the layer would be thrown away.
  chroot "$work/merged" dpkg-divert --quiet --local --rename /usr/sbin/update-initramfs
  ln -s true "$work/merged/usr/bin/update-initramfs"
  if ! DEBIAN_FRONTEND=noninteractive chroot "$work/merged" apt-get -qq -y --no-install-recommends install "linux-headers-$kernel" zfs-dkms >"$work/zfs.log" 2>&1 || ! ls "$work/upper/usr/lib/modules/$kernel/updates/dkms"/zfs.ko* >/dev/null 2>&1; then
    tail -n 40 "$work/zfs.log" >&2
    echo "$0: ZFS could not be built for kernel $kernel" >&2
    exit 1
  fi
  # To unpack them at each boot takes a minute under TCG.
  chroot "$work/merged" find "/usr/lib/modules/$kernel/updates/dkms" -name '*.xz' -exec xz -d '{}' +
  umount "$work/merged/proc" "$work/merged"
  mkdir "$work/zfs"
  cp "$work/upper/usr/lib/modules/$kernel/updates/dkms"/*.ko* "$work/zfs/"
  rm -rf "$cache"/zfs-*
  mv -T "$work/zfs" "$modules"
  rm -rf "$work/upper" "$work/overlay" "$work/merged"
  say "ZFS $zfsVersion is built for kernel $kernel"
fi
mkdir -p "$tree/usr/lib/modules/$kernel/updates/dkms"
cp "$modules"/*.ko* "$tree/usr/lib/modules/$kernel/updates/dkms/"
chroot "$tree" depmod "$kernel"

rm -f "$tree/usr/sbin/policy-rc.d" "$tree"/etc/ssh/ssh_host_*
: >"$tree/etc/machine-id"
: >"$tree/etc/resolv.conf"
echo 'LABEL=corral-lab / ext4 defaults 0 0' >"$tree/etc/fstab"
cat >"$tree/usr/local/sbin/take-settings" <<'TAKE'
#!/bin/sh
set -eu
tar -x -f /dev/disk/by-id/virtio-settings -C / --no-same-owner
hostname -F /etc/hostname
TAKE
chmod 755 "$tree/usr/local/sbin/take-settings"
cat >"$tree/etc/systemd/system/take-settings.service" <<'UNIT'
[Unit]
Description=Take the name, keys and addresses of this host from its settings disk
DefaultDependencies=no
Requires=dev-disk-by\x2did-virtio\x2dsettings.device
After=dev-disk-by\x2did-virtio\x2dsettings.device systemd-remount-fs.service
Before=sysinit.target systemd-networkd.service
ConditionPathExists=!/etc/ssh/ssh_host_ed25519_key

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/take-settings

[Install]
WantedBy=sysinit.target
UNIT
# What systemctl has to say is about /proc, which it does not need here.
inTree() { chroot "$tree" "$@" 2>>"$work/build.log"; }
printf 'PermitRootLogin prohibit-password\nUseDNS no\nMaxSessions 100\nMaxStartups 100\n' >"$tree/etc/ssh/sshd_config.d/lab.conf"
inTree systemctl enable --quiet take-settings.service systemd-networkd.service ssh.service
# What no test waits for would only cost time. Servers are started by the tests that need them. LXC has AppArmor load the profile of each container; those of
# programs that are not here take a minute under TCG.
inTree systemctl mask --quiet apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer e2scrub_reap.service \
  systemd-networkd-wait-online.service getty@tty1.service systemd-pstore.service systemd-random-seed.service systemd-binfmt.service sshd-keygen.service logrotate.timer xfs_scrub_all.timer \
  systemd-update-utmp.service systemd-timesyncd.service
for unit in nfs-server fsidd smbd nmbd tgt rtslib-fb-targetctl smartmontools ceph.target rbdmap open-iscsi iscsid.socket zfs-load-module zfs-import-cache zfs-import-scan zfs-mount zfs-share zfs-volume-wait rpcbind nfs-blkmap apparmor lxc lxc-net quota quotaon quotarpc; do
  inTree systemctl disable --quiet "$unit" || true
done
# The first boot is not to bring up to date what was just made.
touch "$tree/etc/.updated" "$tree/var/.updated"
rm -rf "$tree"/var/cache/apt/* "$tree"/var/lib/apt/lists/* "$tree"/var/log/*.log

mkdir -p "$work/out/qemu/lib" "$work/out/qemu/share"
cp "$tree/usr/bin/qemu-system-x86_64" "$work/out/qemu/"
cp -L "$tree/lib64/ld-linux-x86-64.so.2" "$work/out/qemu/ld.so"
LD_TRACE_LOADED_OBJECTS=1 "$work/out/qemu/ld.so" --library-path "$tree/usr/lib/x86_64-linux-gnu" "$tree/usr/bin/qemu-system-x86_64" |
  awk -v tree="$tree/" 'index($3, tree) == 1 {print $3}' | xargs cp -L -t "$work/out/qemu/lib"
cp -L "$tree/usr/share/seabios/bios-256k.bin" "$tree/usr/share/qemu/kvmvapic.bin" "$tree/usr/share/qemu/linuxboot_dma.bin" "$work/out/qemu/share/"
cat >"$work/out/qemu/run" <<'RUN'
#!/bin/sh
here=$(dirname "$(realpath "$0")")
exec "$here/ld.so" --library-path "$here/lib" "$here/qemu-system-x86_64" -L "$here/share" "$@"
RUN
chmod 755 "$work/out/qemu/run"
"$work/out/qemu/run" --version >/dev/null

cp "$tree"/boot/vmlinuz-* "$work/out/kernel"
cp "$tree"/boot/initrd.img-* "$work/out/initrd.img"
rm -rf "$tree"/boot/*
truncate -s 6G "$work/out/disk.raw"
mke2fs -q -t ext4 -L corral-lab -E lazy_itable_init=1,lazy_journal_init=1 -d "$tree" "$work/out/disk.raw"
rm -rf "$out"
mv -T "$work/out" "$out"
say 'the host is built'
