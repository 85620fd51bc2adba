#!/usr/bin/env python3
"""Stands in for rbd where the kernel has no client of Ceph: images are files, and one that is mapped is a loop device under a node /dev/rbd<number>. As in Ceph, an image
that is mapped has somebody who watches it and is not removed, and a device that is open is not unmapped. It lies in FOLDER/bin as `rbd`; FOLDER/images has the bytes,
FOLDER/devices.json the devices. Called with the words that the product uses, and no others."""
import errno
import json
import os
import subprocess
import sys

FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(sys.argv[0])))
IMAGES = os.path.join(FOLDER, 'images')
STATE = os.path.join(FOLDER, 'devices.json')


def read_words(argv):
    """The words of the command, and the options by name."""
    words, options, rest = [], {}, iter(argv)
    flags = {'-l', '--no-progress', '--read-only'}
    for word in rest:
        if word in flags:
            continue
        if word.startswith('-'):
            options[word.lstrip('-')] = next(rest)
        else:
            words.append(word)
    return words, options


def devices():
    try:
        with open(STATE, encoding='utf8') as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def write_devices(state):
    with open(STATE + '.new', 'w', encoding='utf8') as file:
        json.dump(state, file)
    os.rename(STATE + '.new', STATE)


def answer(value):
    print(json.dumps(value))


def fail(code, text):
    print(f'rbd: {text}', file=sys.stderr)
    sys.exit(code)


def described(name):
    return {'name': name, 'image': name, 'size': os.path.getsize(os.path.join(IMAGES, name)), 'format': 2}


def map_image(name, path):
    if not os.path.exists(path):
        fail(errno.ENOENT, f'error opening image {name}')
    loop = subprocess.run(['losetup', '--find', '--show', '--', path], check=True, stdout=subprocess.PIPE, encoding='utf8').stdout.strip()
    node = '/dev/rbd' + str(100000 + int(loop.removeprefix('/dev/loop')))
    if os.path.lexists(node):
        os.remove(node)
    os.mknod(node, 0o600 | 0o060000, os.stat(loop).st_rdev)
    write_devices({**devices(), node: {'image': name, 'loop': loop}})
    print(node)


def unmap(wanted):
    state = devices()
    found = [node for node, device in state.items() if device['image'] == wanted or wanted.startswith('/') and os.path.realpath(wanted) == node]
    if not found:
        fail(errno.EINVAL, f'{wanted}: not a mapped image or snapshot')
    for node in found:
        try:
            os.close(os.open(node, os.O_RDONLY | os.O_EXCL))
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            fail(errno.EBUSY, 'unmap failed: (16) Device or resource busy')
        subprocess.run(['losetup', '--detach', state[node]['loop']], check=True)
        os.remove(node)
        del state[node]
        write_devices(state)


def main():
    words, options = read_words(sys.argv[1:])
    name = options.get('image', '')
    path = os.path.join(IMAGES, name)
    match words:
        case ['namespace', 'ls']:
            answer([])
        case ['ls']:
            answer([described(each) for each in sorted(os.listdir(IMAGES))])
        case ['snap', 'ls']:
            answer([])
        case ['info']:
            if not os.path.exists(path):
                fail(errno.ENOENT, f'error opening image {name}')
            answer(described(name))
        case ['create']:
            if os.path.exists(path):
                fail(errno.EEXIST, 'create error: (17) File exists')
            with open(path + '.new', 'wb') as file:
                file.truncate(int(options['size'].removesuffix('B')))
            os.rename(path + '.new', path)
        case ['rm']:
            if not os.path.exists(path):
                fail(errno.ENOENT, f'error opening image {name}')
            if any(device['image'] == name for device in devices().values()):
                fail(errno.EBUSY, 'error: image still has watchers')
            os.remove(path)
        case ['status']:
            if not os.path.exists(path):
                fail(errno.ENOENT, f'error opening image {name}')
            answer({'watchers': [{'address': '192.0.2.1:0/1', 'client': 4100, 'cookie': 1} for device in devices().values() if device['image'] == name]})
        case ['device', 'map']:
            map_image(name, path)
        case ['device', 'unmap', *rest]:
            unmap(rest[0] if rest else name)
        case _:
            fail(errno.EINVAL, f'the stand-in does not know {words}')


main()
