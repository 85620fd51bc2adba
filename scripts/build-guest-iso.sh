#!/bin/sh
# Builds a small bootable ISO image from Debian packages: the cloud kernel and a busybox initrd. The quickstart and the
# end-to-end tests boot it. Needs no root rights: packages are downloaded and unpacked into a temporary folder, not installed.
#
# The guest prints `Corral guest ready: <kernel>` on its first serial port (and on its screen), gives a shell there that repeats the
# line before each prompt, takes an address by DHCP when someone offers one, and powers off when the power button is pressed.
#
# usage: scripts/build-guest-iso.sh OUT.iso
set -eu

if [ $# -ne 1 ]; then
  echo "usage: $0 OUT.iso" >&2
  exit 2
fi
case $1 in
  /*) out=$1 ;;
  *) out=$PWD/$1 ;;
esac

missing=
for tool in apt-get dpkg xorriso; do
  command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
done
if [ -n "$missing" ]; then
  echo "$0: not installed:$missing. Run: apt-get install xorriso" >&2
  exit 1
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/corral-iso.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir "$work/deb" "$work/unpacked" "$work/initrd" "$work/iso" "$work/iso/isolinux"

# The metapackage depends on the current kernel; its name carries the version.
newest_kernel() {
  apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1
}
kernel_package=$(newest_kernel)
if [ -z "$kernel_package" ] && [ "$(id -u)" -eq 0 ]; then
  apt-get -q update >&2
  kernel_package=$(newest_kernel)
fi
if [ -z "$kernel_package" ]; then
  echo "$0: apt knows no package linux-image-cloud-amd64. Run as root: apt-get update" >&2
  exit 1
fi

download() {
  if [ "$(id -u)" -eq 0 ]; then
    apt-get -q -o APT::Sandbox::User=root download "$@"
  else
    apt-get -q download "$@"
  fi
}
cd "$work/deb"
if ! download "$kernel_package" busybox-static isolinux syslinux-common >"$work/download.log" 2>&1; then
  cat "$work/download.log" >&2
  echo "$0: the packages could not be downloaded. Perhaps the package lists are old; run as root: apt-get update" >&2
  exit 1
fi
for package in *.deb; do
  dpkg -x "$package" "$work/unpacked"
done
cd "$work"

busybox=$work/unpacked/bin/busybox
[ -x "$busybox" ] || busybox=$work/unpacked/usr/bin/busybox
modules_root=$work/unpacked/lib/modules
[ -d "$modules_root" ] || modules_root=$work/unpacked/usr/lib/modules
kernel=$(ls "$modules_root")

# Modules: what a guest's devices need, with what those depend on (`depends=` in each module). Unpacked where a release compresses them.
module_list=$work/modules.order
: >"$module_list"
add_module() {
  grep -qx "$1" "$module_list" && return 0
  name_pattern=$(printf '%s' "$1" | sed 's/[_-]/[_-]/g')
  file=$(find "$modules_root/$kernel/kernel" -type f \( -name "$name_pattern.ko" -o -name "$name_pattern.ko.xz" -o -name "$name_pattern.ko.zst" \) | head -n 1)
  [ -n "$file" ] || return 0
  target=$work/initrd/lib/modules/$1.ko
  case $file in
    *.xz) xz -dc "$file" >"$target" ;;
    *.zst) zstd -qdc "$file" >"$target" ;;
    *) cp "$file" "$target" ;;
  esac
  depends=$(tr '\0' '\n' <"$target" | sed -n 's/^depends=//p' | tr ',' ' ')
  # add_module calls itself: its own names are kept in the positional parameters.
  set -- "$1" "$depends"
  for dependency in $2; do
    add_module "$dependency"
  done
  grep -qx "$1" "$module_list" || echo "$1" >>"$module_list"
}
mkdir -p "$work/initrd/lib/modules" "$work/initrd/bin" "$work/initrd/dev" "$work/initrd/proc" "$work/initrd/sys" "$work/initrd/etc/acpi/PWRF" "$work/initrd/tmp" "$work/initrd/root"
for module in virtio_pci button evdev virtio_net virtio_blk virtio_scsi sd_mod sr_mod ata_piix ahci virtio_balloon virtio_rng virtiofs e1000 e1000e vmxnet3; do
  add_module "$module"
done

cp "$busybox" "$work/initrd/bin/busybox"
cp "$module_list" "$work/initrd/etc/modules"

cat >"$work/initrd/init" <<'INIT'
#!/bin/busybox sh
# The guest's first process: devices, modules, network, then a shell on the serial console.
export PATH=/bin HOME=/root TERM=vt100 ENV=/etc/shrc
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
echo 1 >/proc/sys/kernel/printk
while read -r module; do
  insmod "/lib/modules/$module.ko" 2>/dev/null
done </etc/modules
hostname corral-guest
ip link set lo up
for link in /sys/class/net/e*; do
  [ -e "$link" ] || continue
  ip link set "${link##*/}" up
  udhcpc -b -q -t 3 -T 2 -A 60 -i "${link##*/}" -s /etc/udhcpc.sh >/dev/null 2>&1 &
done
# The power button: an input device, or nothing on a machine without ACPI.
acpid -c /etc/acpi -p /tmp/acpid.pid -l /dev/null 2>/dev/null
line="Corral guest ready: $(uname -r)"
echo "$line" >/dev/tty0 2>/dev/null
if ! stty -F /dev/ttyS0 >/dev/null 2>&1; then
  while :; do sleep 3600; done
fi
echo "$line" >/dev/ttyS0
while :; do
  setsid sh -c 'exec sh -i </dev/ttyS0 >/dev/ttyS0 2>&1'
  sleep 1
done
INIT

cat >"$work/initrd/etc/shrc" <<'SHRC'
# The boot line again before each prompt: whoever opens the port later asks with an empty line.
PS1="Corral guest ready: $(uname -r)
guest# "
poweroff() { /bin/busybox poweroff -f; }
reboot() { /bin/busybox reboot -f; }
halt() { /bin/busybox halt -f; }
SHRC

cat >"$work/initrd/etc/acpi/PWRF/00000080" <<'POWER'
#!/bin/busybox sh
echo 'Corral guest powers off' >/dev/ttyS0
/bin/busybox sync
exec /bin/busybox poweroff -f
POWER

cat >"$work/initrd/etc/udhcpc.sh" <<'DHCP'
#!/bin/busybox sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip address replace "$ip/${mask:-24}" dev "$interface"
[ -z "${router:-}" ] || ip route replace default via "${router%% *}"
: >/etc/resolv.conf
for server in ${dns:-}; do echo "nameserver $server" >>/etc/resolv.conf; done
DHCP
chmod 755 "$work/initrd/init" "$work/initrd/etc/acpi/PWRF/00000080" "$work/initrd/etc/udhcpc.sh"

(cd "$work/initrd" && find . | "$busybox" cpio -o -H newc 2>/dev/null) | gzip -9 >"$work/iso/isolinux/initrd.gz"

cp "$work/unpacked/boot/vmlinuz-$kernel" "$work/iso/isolinux/vmlinuz"
cp "$work/unpacked/usr/lib/ISOLINUX/isolinux.bin" "$work/unpacked/usr/lib/syslinux/modules/bios/ldlinux.c32" "$work/iso/isolinux/"
cat >"$work/iso/isolinux/isolinux.cfg" <<'BOOT'
default guest
prompt 0
timeout 0
label guest
  kernel vmlinuz
  append initrd=initrd.gz console=tty0 console=ttyS0,115200 quiet panic=-1 tsc=unstable
BOOT

# Whole or not at all: someone may be reading the image of an earlier run.
xorriso -as mkisofs -quiet -V CORRAL-GUEST -J -R -o "$work/guest.iso" \
  -b isolinux/isolinux.bin -c isolinux/boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table "$work/iso" 2>"$work/xorriso.log" || {
  cat "$work/xorriso.log" >&2
  exit 1
}
mkdir -p "$(dirname "$out")"
cp "$work/guest.iso" "$out.$$"
mv "$out.$$" "$out"
