#!/usr/bin/env python3
"""Reads VMA archives, for tests only: a second pair of eyes that shares no code with the product.

Written from the public description of the format (pve-qemu: vma_spec.txt). Takes an archive apart into files:
  vma-reader.py ARCHIVE FOLDER
writes FOLDER/<name of a configuration> and FOLDER/<name of a disk>.raw, and prints what the header says as JSON.
Everything that the description fixes is checked: magic words, version, checksums, UUIDs, counts, that each cluster comes once, and that all do.
"""
import hashlib
import json
import os
import struct
import sys

CLUSTER, BLOCK = 65536, 4096


class Damaged(Exception):
    pass


def need(condition, what):
    if not condition:
        raise Damaged(what)


def signed(data, at, what):
    """The checksum is that of the data with zeros in its own place."""
    blank = data[:at] + bytes(16) + data[at + 16:]
    need(hashlib.md5(blank).digest() == data[at:at + 16], 'checksum of ' + what)


def exactly(stream, count):
    data = stream.read(count)
    need(len(data) == count, 'cut off')
    return data


def read_header(stream):
    # struct VmaHeader: magic[4], version, uuid[16], ctime, md5sum[16], blob offset, blob size, header size, reserved[1984],
    # config_names[256], config_data[256], reserved[4], dev_info[256] of 32 bytes
    start = exactly(stream, 60)
    need(start[:4] == b'VMA\0', 'magic')
    version, = struct.unpack_from('>I', start, 4)
    need(version == 1, 'version')
    uuid = start[8:24]
    ctime, = struct.unpack_from('>q', start, 24)
    blob_offset, blob_size, header_size = struct.unpack_from('>III', start, 48)
    need(header_size % 512 == 0, 'header size')
    header = start + exactly(stream, header_size - 60)
    signed(header, 32, 'header')
    need(not any(header[60:2044]), 'reserved bytes')
    need(blob_offset + blob_size <= header_size, 'blob bounds')
    blobs = header[blob_offset:blob_offset + blob_size]

    def blob(at):
        size, = struct.unpack_from('<H', blobs, at)
        need(at + 2 + size <= len(blobs), 'blob')
        return blobs[at + 2:at + 2 + size]

    def text(at):
        raw = blob(at)
        need(raw.endswith(b'\0'), 'name without its end')
        return raw[:-1].decode()

    configs = {}
    for index in range(256):
        name, = struct.unpack_from('>I', header, 2044 + 4 * index)
        data, = struct.unpack_from('>I', header, 3068 + 4 * index)
        need((name == 0) == (data == 0), 'configuration')
        if name:
            configs[text(name)] = blob(data)
    devices = {}
    for index in range(256):
        name, _, size, first, second = struct.unpack_from('>IIQQQ', header, 4096 + 32 * index)
        need(first == 0 and second == 0, 'reserved bytes of a device')
        if name:
            need(index > 0, 'device 0')
            devices[index] = (text(name), size)
    return uuid, ctime, configs, devices


def read_extents(stream, uuid, devices, files):
    seen = {number: set() for number in devices}
    while True:
        head = stream.read(512)
        if not head:
            break
        need(len(head) == 512 and head[:4] == b'VMAE', 'extent')
        signed(head, 24, 'extent')
        need(head[8:24] == uuid, 'uuid of an extent')
        count, = struct.unpack_from('>H', head, 6)
        entries = [struct.unpack_from('>HBBI', head, 40 + 8 * index) for index in range(59)]
        need(sum(bin(mask).count('1') for mask, _, _, _ in entries) == count, 'block count')
        body = exactly(stream, count * BLOCK)
        at = 0
        for mask, reserved, number, cluster in entries:
            need(reserved == 0, 'reserved byte of an entry')
            if number == 0:
                need(mask == 0 and cluster == 0, 'entry of no device')
                continue
            need(number in devices, 'unknown device')
            _, size = devices[number]
            need(cluster * CLUSTER < size and cluster not in seen[number], 'cluster')
            seen[number].add(cluster)
            for block in range(16):
                if mask >> block & 1:
                    place = cluster * CLUSTER + block * BLOCK
                    files[number].seek(place)
                    data, rest = body[at:at + BLOCK], max(0, min(BLOCK, size - place))
                    need(not any(data[rest:]), 'bytes behind the end of a disk')
                    files[number].write(data[:rest])
                    at += BLOCK
    for number, (name, size) in devices.items():
        need(name == 'vmstate' or len(seen[number]) == -(-size // CLUSTER), 'clusters of ' + name)


def main(archive, folder):
    with (sys.stdin.buffer if archive == '-' else open(archive, 'rb')) as stream:
        uuid, ctime, configs, devices = read_header(stream)
        files = {}
        for number, (name, size) in devices.items():
            files[number] = open(os.path.join(folder, os.path.basename(name) + '.raw'), 'wb')
            files[number].truncate(size)
        for name, data in configs.items():
            with open(os.path.join(folder, os.path.basename(name)), 'wb') as file:
                file.write(data)
        read_extents(stream, uuid, devices, files)
        for file in files.values():
            file.close()
    print(json.dumps({'uuid': uuid.hex(), 'ctime': ctime, 'configs': sorted(configs), 'disks': [[number, name, size] for number, (name, size) in sorted(devices.items())]}))


if __name__ == '__main__':
    try:
        main(sys.argv[1], sys.argv[2])
    except Damaged as damage:
        sys.exit('damaged: %s' % damage)
