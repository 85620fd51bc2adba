#!/bin/sh
# What `zfs` answers, with files in $FAKE_ZFS/tank in place of the devices of volumes: for the contract of ZFS over iSCSI with a real iSCSI target,
# on machines whose kernel has no ZFS. It knows the words that Corral uses and no others.
set -eu
dev=$FAKE_ZFS/tank
meta=$FAKE_ZFS/meta
fail() { echo "$1" >&2; exit 1; }
named() { printf '%s' "${1#tank/}"; }
there() { [ -e "$meta/$1.created" ] || fail "cannot open 'tank/$1': dataset does not exist"; }
value() { if [ -e "$meta/$1" ]; then cat "$meta/$1"; else printf -- '-'; fi; }
take() { (set -C; date +%s > "$meta/$1.created") 2>/dev/null || fail "cannot create 'tank/$1': dataset already exists"; }
line() { printf 'tank/%s\tvolume\t%s\t-\t4096\t%s\t%s\n' "$1" "$(stat -c %s "$dev/$1")" "$(value "$1.origin")" "$(value "$1.created")"; }
verb=$1; shift
eval last=\${$#}
case $verb in
  list)
    case " $* " in
      *" snapshot "*)
        name=$(named "$last"); there "$name"
        for file in "$meta/$name@"*.seq; do
          [ -e "$file" ] || continue
          printf '%s\ttank/%s\t%s\n' "$(cat "$file")" "$(basename "$file" .seq)" 1700000000
        done | sort -n | cut -f 2- ;;
      *" -d "*)
        printf 'tank\tfilesystem\t-\t0\t98304\t-\t1690000000\n'
        for file in "$meta"/*.created; do [ -e "$file" ] || continue; line "$(basename "$file" .created)"; done ;;
      *) name=$(named "$last"); there "$name"; line "$name" ;;
    esac ;;
  get)
    case " $* " in
      *" corral:lun "*) for file in "$meta"/*.lun; do [ -e "$file" ] || continue; printf 'tank/%s\t%s\n' "$(basename "$file" .lun)" "$(cat "$file")"; done ;;
      *) [ "$last" = tank ] || fail "cannot open '$last': dataset does not exist"; printf 'available\t1073741824\nused\t98304\n' ;;
    esac ;;
  create)
    size=0
    while [ $# -gt 1 ]; do [ "$1" = -V ] && size=$2; shift; done
    name=$(named "$last"); take "$name"; truncate -s "$size" "$dev/$name" ;;
  set)
    name=$(named "$last"); there "$name"
    case $1 in
      volsize=*) truncate -s "${1#*=}" "$dev/$name" ;;
      corral:lun=*) printf '%s' "${1#*=}" > "$meta/$name.lun" ;;
      snapdev=*) ;;
    esac ;;
  snapshot)
    name=$(named "$1"); there "${name%@*}"
    (set -C; date +%s%N > "$meta/$name.seq") 2>/dev/null || fail "cannot create snapshot 'tank/$name': dataset already exists"
    cp --sparse=always "$dev/${name%@*}" "$dev/$name" ;;
  rollback) name=$(named "$1"); cat "$dev/$name" > "$dev/${name%@*}" ;;
  clone)
    from=$(named "$1"); to=$(named "$2"); [ -e "$dev/$from" ] || fail "cannot open 'tank/$from': dataset does not exist"
    take "$to"; printf 'tank/%s' "$from" > "$meta/$to.origin"; cp --sparse=always "$dev/$from" "$dev/$to" ;;
  rename)
    from=$(named "$1"); to=$(named "$2"); there "$from"
    for file in "$dev/$from" "$dev/$from@"*; do [ -e "$file" ] && mv "$file" "$dev/$to${file#"$dev/$from"}"; done
    for file in "$meta/$from".* "$meta/$from@"*; do [ -e "$file" ] && mv "$file" "$meta/$to${file#"$meta/$from"}"; done ;;
  destroy)
    name=$(named "$last")
    case $name in
      *@*) rm -f "$dev/$name" "$meta/$name.seq" ;;
      *) there "$name"; rm -f "$dev/$name" "$dev/$name@"* "$meta/$name".* "$meta/$name@"* ;;
    esac ;;
  *) fail "unrecognized command '$verb'" ;;
esac
exit 0
