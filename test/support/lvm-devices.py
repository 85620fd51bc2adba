#!/usr/bin/env python3
"""Stands in for lvcreate, lvchange and their like where the kernel has no device mapper: lvm2 itself keeps the books of a volume group, and each logical volume
that is switched on is a loop device under the name that device mapper would give it (/dev/GROUP/VOLUME). It lies in GROUP's folder: bin/ (this program, under the
names of the tools), lvm.conf, volumes/ (the bytes, by the number that lvm2 gives a volume). Called by those names, with their arguments."""
import fcntl
import json
import os
import signal
import subprocess
import sys

TOOL = os.path.basename(sys.argv[0])
ARGS = sys.argv[1:]
FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(sys.argv[0])))
VOLUMES = os.path.join(FOLDER, 'volumes')
STATE = os.path.join(FOLDER, 'devices.json')
# What lay there before: an image that shows it, where nothing was written, shows the data of somebody else.
OLD_DATA = b'\xee' * 65536


def lvm(*words, **options):
    return subprocess.run(['/usr/sbin/lvm', *words], env={**os.environ, 'LVM_SYSTEM_DIR': FOLDER, 'LC_ALL': 'C'}, check=False, **options)


def volumes():
    report = lvm('lvs', '--reportformat', 'json', '--units', 'b', '--nosuffix', '-o', 'vg_name,lv_name,lv_uuid,lv_size', stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    rows = json.loads(report.stdout)['report'][0]['lv'] if report.returncode == 0 else []
    return [{'path': f"/dev/{row['vg_name']}/{row['lv_name']}", 'file': os.path.join(VOLUMES, row['lv_uuid']), 'size': int(row['lv_size'])} for row in rows]


def read_state():
    """The devices of the volumes that are switched on: by the name of the volume, the number that lvm2 gives it, and the device."""
    try:
        with open(STATE, encoding='utf8') as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def is_open(device):
    """Only QEMU and its tools are looked at: there are many processes."""
    for process in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{process}/comm', encoding='utf8') as comm:
                if not comm.read().startswith('qemu'):
                    continue
            for number in os.listdir(f'/proc/{process}/fd'):
                if os.readlink(f'/proc/{process}/fd/{number}') == device:
                    return True
        except OSError:
            continue
    return False


def detach(device):
    subprocess.run(['losetup', '-d', device], check=True)


def reconcile(switched_on=(), switched_off=()):
    """Gives every volume its bytes, its size and its name; takes away what is of none."""
    before = read_state()
    devices = {os.path.join(VOLUMES, number): device for number, device in before.values()}
    known = volumes()
    by_file = {volume['file']: volume for volume in known}
    for file, device in list(devices.items()):
        if file not in by_file or by_file[file]['path'] in switched_off:
            detach(device)
            del devices[file]
    for volume in known:
        file = volume['file']
        if not os.path.exists(file):
            with open(file, 'wb') as new:
                new.write(b'\0' * 4096 + OLD_DATA * 16)
        if os.path.getsize(file) != volume['size']:
            os.truncate(file, volume['size'])
            if file in devices:
                subprocess.run(['losetup', '-c', devices[file]], check=True)
        if volume['path'] in switched_on and file not in devices:
            made = subprocess.run(['losetup', '-f', '--show', file], stdout=subprocess.PIPE, check=True, text=True)
            devices[file] = made.stdout.strip()
    for name in os.listdir(VOLUMES):
        if os.path.join(VOLUMES, name) not in by_file:
            os.remove(os.path.join(VOLUMES, name))
    after = {volume['path']: [os.path.basename(volume['file']), devices[volume['file']]] for volume in known if volume['file'] in devices}
    link_names(before, after)


def link_names(before, after):
    for path in before:
        if path not in after and os.path.islink(path):
            os.remove(path)
            if not os.listdir(os.path.dirname(path)):
                os.rmdir(os.path.dirname(path))
    for path, [_, device] in after.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not os.path.islink(path) or os.readlink(path) != device:
            if os.path.islink(path):
                os.remove(path)
            os.symlink(device, path)
    with open(STATE, 'w', encoding='utf8') as file:
        json.dump(after, file)


def paths_of(words):
    return [f'/dev/{word}' for word in words if '/' in word]


def named_by(args):
    return paths_of(args[args.index('--') + 1:] if '--' in args else [])


def report():
    present = read_state() if 'json' in ARGS else {}
    if not present:
        return lvm(TOOL, *ARGS).returncode
    answer = lvm(TOOL, *ARGS, stdout=subprocess.PIPE)
    if answer.returncode != 0:
        return answer.returncode
    by_name = {path.rsplit('/', 1)[1]: device for path, [_, device] in present.items()}
    content = json.loads(answer.stdout)
    for row in content['report'][0]['lv']:
        if 'lv_attr' in row and row['lv_name'] in by_name and is_open(by_name[row['lv_name']]):
            row['lv_attr'] = row['lv_attr'][:5] + 'o' + row['lv_attr'][6:]
    json.dump(content, sys.stdout)
    return 0


def change():
    os.makedirs(VOLUMES, exist_ok=True)
    paths = named_by(ARGS)
    is_off = TOOL == 'lvchange' and '-an' in ARGS
    if is_off or TOOL == 'lvremove':
        for path, [_, device] in read_state().items():
            if path in paths and is_open(device):
                sys.exit(f'  Logical volume {path[5:]} in use.')
    code = lvm(TOOL, *ARGS).returncode
    if code != 0:
        return code
    on = paths if TOOL == 'lvchange' and '-ay' in ARGS else []
    if TOOL == 'lvcreate' and '-ay' in ARGS:
        on = [f"/dev/{ARGS[-1]}/{ARGS[ARGS.index('--name') + 1]}"]
    reconcile(on, paths if is_off else [])
    kill_caller()
    return 0


def kill_caller():
    """The file kill-at with 'lvrename 2': whoever called is killed once lvrename has done its work for the second time from then on."""
    wish = os.path.join(FOLDER, 'kill-at')
    if not os.path.exists(wish):
        return
    with open(wish, encoding='utf8') as file:
        tool, number = file.read().split()
    if TOOL != tool:
        return
    if number == '1':
        os.remove(wish)
        os.kill(os.getppid(), signal.SIGKILL)
    else:
        with open(wish, 'w', encoding='utf8') as file:
            file.write(f'{tool} {int(number) - 1}')


def main():
    with open(os.path.join(FOLDER, 'lock'), 'w', encoding='utf8') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return change() if TOOL in ('lvcreate', 'lvchange', 'lvextend', 'lvremove', 'lvrename', 'vgremove') else report()


sys.exit(main())
