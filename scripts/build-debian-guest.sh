#!/bin/sh
# Builds a small Debian guest with cloud-init and the QEMU guest agent, for the end-to-end tests of test/e2e-debian: `disk.qcow2`, the root
# file system without a boot loader, and `kernel` and `initrd.img`, which QEMU boots it with (`-kernel`). Needs root. Packages come
# from where this machine's own apt gets Debian.
#
# The guest gives root a shell on its first serial port, whose prompt begins with `Corral guest ready: <kernel>`. Its network is
# systemd-networkd; without a drive for cloud-init, cloud-init does nothing. With more than one processor its kernel hangs under TCG.
#
# usage: scripts/build-debian-guest.sh OUT-FOLDER
set -eu

if [ $# -ne 1 ]; then
  echo "usage: $0 OUT-FOLDER" >&2
  exit 2
fi
case $1 in
  /*) out=$1 ;;
  *) out=$PWD/$1 ;;
esac
# The kernel of Debian 12 is the newest that QEMU 7.2 boots under TCG.
suite=bookworm

if [ "$(id -u)" -ne 0 ]; then
  echo "$0: only root can build a Debian tree" >&2
  exit 1
fi
missing=
for tool in mmdebstrap mke2fs qemu-img; do
  command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
done
if [ -n "$missing" ]; then
  echo "$0: not installed:$missing. Run: apt-get install mmdebstrap e2fsprogs qemu-utils" >&2
  exit 1
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/corral-debian.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

apt-get indextargets --format 'deb $(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' | grep -E " $suite(-security|-updates)? main\$" | sort -u >"$work/sources.list"
if ! grep -q " $suite main\$" "$work/sources.list"; then
  echo "$0: apt on this machine knows no source of Debian $suite. Add one and run: apt-get update" >&2
  exit 1
fi

cat >"$work/before-packages.sh" <<'BEFORE'
#!/bin/sh
# Only what this guest's disks need goes into the initrd.
mkdir -p "$1/etc/initramfs-tools/conf.d"
echo 'MODULES=list' >"$1/etc/initramfs-tools/conf.d/modules"
printf '%s\n' virtio_pci virtio_blk virtio_scsi sd_mod sr_mod ata_piix ahci ext4 >"$1/etc/initramfs-tools/modules"
# No daemon of the tree is started on this machine.
printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
chmod 755 "$1/usr/sbin/policy-rc.d"
BEFORE

cat >"$work/after-packages.sh" <<'AFTER'
#!/bin/sh
set -eu
tree=$1
rm -f "$tree/usr/sbin/policy-rc.d" "$tree/etc/hostname"
: >"$tree/etc/machine-id"
echo 'LABEL=corral-guest / ext4 defaults 0 0' >"$tree/etc/fstab"
: >"$tree/etc/resolv.conf"

# A shell for root on the serial port, with a prompt that says that the guest is up. Plain sh: an editor of lines would wrap long ones.
mkdir -p "$tree/etc/systemd/system/serial-getty@ttyS0.service.d"
cat >"$tree/etc/systemd/system/serial-getty@ttyS0.service.d/autologin.conf" <<'GETTY'
[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin root --noclear --keep-baud 115200 %I dumb
GETTY
chroot "$tree" usermod --shell /bin/sh root
cat >"$tree/root/.profile" <<'PROFILE'
PS1="Corral guest ready: $(uname -r)
guest# "
PROFILE
: >"$tree/root/.hushlogin"

# The places where cloud-init looks, and those of its modules that Corral's settings are for.
cat >"$tree/etc/cloud/cloud.cfg.d/90-corral.cfg" <<'CLOUD'
datasource_list: [NoCloud, ConfigDrive, OpenNebula, None]
locale: false
ssh_deletekeys: false
ssh_genkeytypes: []
cloud_init_modules: [bootcmd, write-files, set_hostname, update_hostname, update_etc_hosts, users-groups, ssh]
cloud_config_modules: [set-passwords, runcmd]
cloud_final_modules: [package-update-upgrade-install, scripts-user]
CLOUD
# What no test looks at, or waits for what is not there, would only cost time.
chroot "$tree" systemctl enable --quiet systemd-networkd.service serial-getty@ttyS0.service
chroot "$tree" systemctl mask --quiet apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer e2scrub_reap.service \
  systemd-networkd-wait-online.service getty@tty1.service systemd-timesyncd.service systemd-pstore.service systemd-random-seed.service \
  systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount dev-hugepages.mount \
  dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount sys-fs-fuse-connections.mount \
  modprobe@configfs.service modprobe@dm_mod.service modprobe@drm.service modprobe@fuse.service modprobe@loop.service
rm -rf "$tree"/var/cache/apt/* "$tree"/var/lib/apt/lists/* "$tree"/usr/share/doc/* "$tree"/var/log/*.log
AFTER
chmod 755 "$work/before-packages.sh" "$work/after-packages.sh"

if ! mmdebstrap --quiet --mode=root --format=directory --variant=apt --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --include=systemd-sysv,udev,dbus,iproute2,sudo,cloud-init,qemu-guest-agent,linux-image-cloud-amd64,initramfs-tools \
  --essential-hook="$work/before-packages.sh" --customize-hook="$work/after-packages.sh" \
  "$suite" "$work/tree" "$work/sources.list" >"$work/build.log" 2>&1; then
  tail -n 40 "$work/build.log" >&2
  echo "$0: the Debian tree could not be built" >&2
  exit 1
fi

mkdir "$work/out"
cp "$work"/tree/boot/vmlinuz-* "$work/out/kernel"
cp "$work"/tree/boot/initrd.img-* "$work/out/initrd.img"
rm -rf "$work"/tree/boot/*
truncate -s 1G "$work/disk.raw"
mke2fs -q -t ext4 -L corral-guest -d "$work/tree" "$work/disk.raw"
qemu-img convert -q -f raw -O qcow2 -o compat=1.1 "$work/disk.raw" "$work/out/disk.qcow2"

# Whole or not at all: another run may be looking for it.
mkdir -p "$(dirname "$out")"
rm -rf "$out.$$"
cp -r --sparse=always "$work/out" "$out.$$"
mv -T "$out.$$" "$out"
