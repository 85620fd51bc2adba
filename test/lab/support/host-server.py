# The program that lets a lab host be used as a Host from outside: starts programs, reads and writes files, and connects to sockets there as remote-host.ts
# asks it to over standard input and output. Python, because an emulated processor starts a process from Node in 150 ms and from here in 20.
#
# A frame: the length of its header and of its bytes (4 bytes each, the highest first), the header as JSON, the bytes. Whatever concerns a call has
# its number as `id`. It ends with its input, and ends what it runs.
import errno
import json
import os
import selectors
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import time

CHUNK = 256 * 1024
loop = selectors.DefaultSelector()


class Out:
    """Bytes that a descriptor takes when it can."""

    def __init__(self, fd, on_done=None):
        self.fd, self.waiting, self.is_ended, self.on_done = fd, bytearray(), False, on_done
        os.set_blocking(fd, False)

    def write(self, data):
        if self.fd is None:
            return
        self.waiting += data
        self.flush()

    def end(self):
        self.is_ended = True
        self.flush()

    def flush(self):
        if self.fd is None:
            return
        try:
            while self.waiting:
                del self.waiting[:os.write(self.fd, self.waiting[:CHUNK])]
        except BlockingIOError:
            watch(self.fd, selectors.EVENT_WRITE, self.flush)
            return
        except OSError:
            self.close()
            return
        unwatch(self.fd, selectors.EVENT_WRITE)
        if self.is_ended:
            self.close()

    def close(self):
        if self.fd is None:
            return
        unwatch(self.fd, selectors.EVENT_WRITE)
        fd, self.fd = self.fd, None
        self.waiting.clear()
        if self.on_done is None:
            os.close(fd)
        else:
            self.on_done()


def watch(fd, event, act):
    if fd not in loop.get_map():
        loop.register(fd, event, {event: act})
        return
    key = loop.get_key(fd)
    loop.modify(fd, key.events | event, {**key.data, event: act})


def unwatch(fd, event):
    if fd not in loop.get_map():
        return
    key = loop.get_key(fd)
    left = key.events & ~event
    if left:
        loop.modify(fd, left, key.data)
    else:
        loop.unregister(fd)


replies = Out(os.dup(1))


def send(header, data=b''):
    text = json.dumps(header, separators=(',', ':')).encode()
    replies.write(struct.pack('>II', len(text), len(data)) + text + data)


def pump(call, fd, name, on_end):
    """Sends on what comes from a descriptor, until its end."""
    os.set_blocking(fd, False)

    def read():
        try:
            data = os.read(fd, CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b''
        if data:
            send({'id': call, 'from': name}, data)
            return
        unwatch(fd, selectors.EVENT_READ)
        on_end()

    watch(fd, selectors.EVENT_READ, read)


running = {}


class Program:
    """One that runs to its end."""

    def __init__(self, call, ask, data):
        self.call, self.left = call, 3
        takes_input = ask.get('input', False)
        self.process = subprocess.Popen(
            ask['argv'], cwd=ask.get('cwd'), env={**os.environ, **ask.get('env', {})}, start_new_session=True,
            stdin=subprocess.PIPE if takes_input else subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
        running[call] = self
        self.stdin = Out(os.dup(self.process.stdin.fileno())) if takes_input else None
        if takes_input:
            self.process.stdin.close()
        for name in ('stdout', 'stderr'):
            stream = getattr(self.process, name)
            pump(call, stream.fileno(), name, lambda stream=stream: (stream.close(), self.step()))
        self.pidfd = os.pidfd_open(self.process.pid)
        watch(self.pidfd, selectors.EVENT_READ, self.ended)

    def ended(self):
        unwatch(self.pidfd, selectors.EVENT_READ)
        os.close(self.pidfd)
        self.process.wait()
        self.step()

    def step(self):
        self.left -= 1
        if self.left > 0:
            return
        del running[self.call]
        if self.stdin is not None:
            self.stdin.close()
        code = self.process.returncode
        send({'id': self.call, 'value': {'exitCode': code} if code >= 0 else {'signal': signal.Signals(-code).name}})

    def take(self, data):
        self.stdin.write(data)

    def end_input(self):
        self.stdin.end()

    def kill(self, name):
        try:
            os.killpg(self.process.pid, getattr(signal, name))
        except ProcessLookupError:
            pass


class Connection:
    """To a unix socket."""

    def __init__(self, call, ask, data):
        self.call = call
        self.socket = socket.socket(socket.AF_UNIX)
        try:
            self.socket.connect(ask['path'])
        except OSError:
            self.socket.close()
            raise
        running[call] = self
        self.out = Out(self.socket.fileno(), lambda: None)
        send({'id': call, 'from': 'start'})
        pump(call, self.socket.fileno(), 'stdout', self.close)

    def close(self):
        if running.pop(self.call, None) is None:
            return
        unwatch(self.socket.fileno(), selectors.EVENT_READ)
        self.out.close()
        self.socket.close()
        send({'id': self.call, 'value': None})

    def take(self, data):
        self.out.write(data)

    def end_input(self):
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def kill(self, name):
        self.close()


def spawn_detached(ask, data):
    files = {name: os.open(ask[f'{name}Path'], os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600) if ask.get(f'{name}Path') else subprocess.DEVNULL for name in ('stdout', 'stderr')}
    try:
        process = subprocess.Popen(ask['argv'], cwd=ask.get('cwd'), env={**os.environ, **ask.get('env', {})}, start_new_session=True,
                                   stdin=subprocess.PIPE if ask.get('input') else subprocess.DEVNULL, **files)
    finally:
        for fd in files.values():
            if fd >= 0:
                os.close(fd)
    identity = {'pid': process.pid, 'startTime': stat_fields(process.pid)[19]}
    if ask.get('input'):
        try:
            process.stdin.write(data)
            process.stdin.close()
        except BrokenPipeError:
            pass
    pidfd = os.pidfd_open(process.pid)

    def ended():
        unwatch(pidfd, selectors.EVENT_READ)
        os.close(pidfd)
        process.wait()

    watch(pidfd, selectors.EVENT_READ, ended)
    return identity


def stat_fields(pid):
    with open(f'/proc/{pid}/stat', encoding='latin1') as file:
        return file.read().rpartition(')')[2].split()


def identity_of(pid):
    try:
        fields = stat_fields(pid)
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in 'ZX' else {'pid': pid, 'startTime': fields[19]}


def kill(ask, data):
    if identity_of(ask['pid']) != {'pid': ask['pid'], 'startTime': ask['startTime']}:
        return False
    try:
        os.kill(ask['pid'], getattr(signal, ask['signal']))
    except ProcessLookupError:
        return False
    return True


def read_at(ask, data):
    fd = os.open(ask['path'], os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        parts, at, left = [], ask['offset'], ask['maxBytes']
        while left > 0:
            try:
                part = os.pread(fd, min(left, 1024 * 1024), at) if ask['offset'] > 0 else os.read(fd, min(left, 1024 * 1024))
            except BlockingIOError:
                break
            if not part:
                break
            parts.append(part)
            at, left = at + len(part), left - len(part)
        return b''.join(parts)
    finally:
        os.close(fd)


def sync_folder(path):
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(fd)


def write_all(fd, data):
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view):]


def write(ask, data):
    path = ask['path']
    folder = os.path.dirname(path)
    temporary = os.path.join(folder, ask['temporary'])
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, ask['mode'] & 0o600)
    try:
        try:
            write_all(fd, data)
            os.fchmod(fd, ask['mode'])
            if ask['durable']:
                os.fsync(fd)
        finally:
            os.close(fd)
        if ask['overwrite']:
            os.rename(temporary, path)
        else:
            rename_to_new(temporary, path)
    except OSError:
        if os.path.lexists(temporary):
            os.unlink(temporary)
        raise
    if ask['durable']:
        sync_folder(folder)


def rename_to_new(temporary, path):
    try:
        os.link(temporary, path)
        os.unlink(temporary)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS):
            raise
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        os.rename(temporary, path)


def write_to(flags):
    def act(ask, data):
        fd = os.open(ask['path'], os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | flags, 0o600)
        try:
            write_all(fd, data)
        finally:
            os.close(fd)
    return act


KINDS = ((stat.S_ISREG, 'file'), (stat.S_ISDIR, 'directory'), (stat.S_ISLNK, 'symlink'), (stat.S_ISBLK, 'block'), (stat.S_ISCHR, 'character'), (stat.S_ISSOCK, 'socket'))


def stat_of(ask, data):
    try:
        found = os.stat(ask['path']) if ask.get('followLinks') else os.lstat(ask['path'])
    except (FileNotFoundError, NotADirectoryError):
        return None
    kind = next((name for holds, name in KINDS if holds(found.st_mode)), 'fifo')
    return {'kind': kind, 'sizeBytes': found.st_size, 'allocatedBytes': found.st_blocks * 512, 'mtimeMs': found.st_mtime_ns / 1e6, 'mode': found.st_mode & 0o7777, 'uid': found.st_uid}


def list_folder(ask, data):
    try:
        return sorted(os.listdir(ask['path']))
    except FileNotFoundError:
        return []


def make_directory(path, mode):
    try:
        os.mkdir(path, mode)
        sync_folder(os.path.dirname(path))
    except FileExistsError:
        if not os.path.isdir(path):
            raise
    except FileNotFoundError:
        if os.path.dirname(path) == path:
            raise
        make_directory(os.path.dirname(path), mode)
        os.mkdir(path, mode)


def remove(ask, data):
    try:
        os.rmdir(ask['path']) if stat.S_ISDIR(os.lstat(ask['path']).st_mode) else os.unlink(ask['path'])
        return True
    except FileNotFoundError:
        return False


def remove_tree(ask, data):
    path = ask['path']
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def space(ask, data):
    found = os.statvfs(ask['path'])
    total, free = found.f_blocks * found.f_frsize, found.f_bfree * found.f_frsize
    return {'totalBytes': total, 'usedBytes': total - free, 'availableBytes': found.f_bavail * found.f_frsize}


def which(ask, data):
    return shutil.which(ask['program'])


ACTS = {
    'spawnDetached': spawn_detached, 'process': lambda ask, data: identity_of(ask['pid']), 'kill': kill, 'which': which,
    'readAt': read_at, 'write': write, 'append': write_to(os.O_CREAT | os.O_APPEND), 'writeInPlace': write_to(0), 'stat': stat_of, 'list': list_folder,
    'makeDirectory': lambda ask, data: make_directory(os.path.abspath(ask['path']), ask['mode']), 'rename': lambda ask, data: os.rename(ask['path'], ask['to']),
    'remove': remove, 'removeTree': remove_tree, 'symlink': lambda ask, data: os.symlink(ask['target'], ask['path']),
    'realPath': lambda ask, data: os.path.realpath(ask['path'], strict=True), 'space': space,
}


def answer(ask, data):
    call, what = ask['id'], ask['do']
    try:
        if what == 'run':
            Program(call, ask, data)
        elif what == 'connect':
            Connection(call, ask, data)
        elif what in ('take', 'end', 'signal'):
            target = running.get(call)
            if target is not None:
                target.take(data) if what == 'take' else target.end_input() if what == 'end' else target.kill(ask['signal'])
        else:
            value = ACTS[what](ask, data)
            send({'id': call, 'value': None}, value) if isinstance(value, bytes) else send({'id': call, 'value': value})
    except OSError as error:
        send({'id': call, 'error': errno.errorcode.get(error.errno, '') if error.errno else '', 'text': str(error)})
    except (ValueError, subprocess.SubprocessError) as error:
        send({'id': call, 'error': 'EINVAL', 'text': str(error)})


asked = bytearray()


def take_frames():
    data = os.read(0, CHUNK)
    if not data:
        for program in list(running.values()):
            program.kill('SIGKILL')
        sys.exit(0)
    asked.extend(data)
    while len(asked) >= 8:
        header, body = struct.unpack_from('>II', asked)
        if len(asked) < 8 + header + body:
            return
        frame = bytes(asked[8:8 + header + body])
        del asked[:8 + header + body]
        answer(json.loads(frame[:header]), frame[header:])


os.environ['LC_ALL'] = 'C'
os.environ['PATH'] = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
watch(0, selectors.EVENT_READ, take_frames)
while True:
    for key, events in loop.select():
        for event, act in list(key.data.items()):
            if event & events and key.fd in loop.get_map():
                act()
