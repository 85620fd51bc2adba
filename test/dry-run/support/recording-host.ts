// This machine as a Host, with a note of everything that is done to it, in the words in which a dry run would have announced it. What only
// looks is not noted.
import type {Duplex} from 'node:stream'
import type {Host} from '../../../src/lib/host/index.ts'
import {commandLine} from '../../../src/lib/tasks/index.ts'

/** Something that was done. `text` is how a plan says it; `path` the file that a change of a file is about. */
export interface Deed {
  readonly kind: 'program' | 'signal' | 'write' | 'remove' | 'monitor' | 'task'
  readonly text: string
  readonly path?: string
}

/** Programs that answer a question; the words that their argv begins with. `ip` only looks with these words. */
const lookingPrograms: readonly (readonly string[])[] = [
  ['qemu-img', 'info'], ['qemu-img', '--version'], ['ip', '-json'], ['ip', '-j'], ['findmnt'], ['lscpu'],
  ['lsblk'], ['udevadm', 'info'], ['pvs'], ['lvs'], ['vgs'], ['zpool', 'list'], ['zpool', 'status'], ['zfs', 'list'], ['wipefs', '--json'], ['partx', '--show'], ['blkid'], ['apt-get', 'indextargets'], ['apt-config', 'dump'], ['dpkg', '--print-architecture'], ['mkfs.ext4', '-V'], ['mkfs.xfs', '-V'],
  // What it opens goes to whoever started it: the names at the beginning of an archive are looked at so.
  ['gzip', '-d', '-c'],
]
/**
 * What a program said of itself is remembered there, so that it is asked once; a dry run may do that too. And what completion shows follows
 * from the configuration.
 */
const memory = /\/run\/facts\/|\/completion\//
/** Locks of a repository, which a plan does not show, as it does not show those of the store. */
const repositoryLock = /\/locks\/[0-9a-f]{64}$/
/** Questions to QEMU that change nothing. */
const lookingCommand = /^(?:query-|qom-get$|qom-list$|qmp_capabilities$|device-list-properties$|guest-(?:sync|sync-delimited|ping|info|get-.*|fsfreeze-status|exec-status)$)/

/** Arguments of commands for the guest agent that a dry run masks. */
const secretArguments: ReadonlySet<string> = new Set(['password', 'input-data'])

/** @param onDeed is told of each */
export function recordingHost(real: Host, onDeed: (deed: Deed) => void): Host {
  const {files} = real
  const program = (argv: readonly string[], secretArgs: readonly number[] = []) => {
    if (!looksOnly(argv)) onDeed({kind: 'program', text: commandLine(argv, secretArgs)})
  }
  return {
    ...real,
    run: async (argv, options = {}) => {
      program(argv, options.secretArgs)
      return real.run(argv, options)
    },
    spawnDetached: async (argv, options) => {
      program(argv)
      return real.spawnDetached(argv, options)
    },
    kill: async (process, signal) => {
      onDeed({kind: 'signal', text: `kill -${signal.slice(3)} ${process.pid}`})
      return real.kill(process, signal)
    },
    connect: async (socketPath, timeoutMs) => {
      const isAgent = socketPath.endsWith('.qga')
      return tapped(await real.connect(socketPath, timeoutMs), (command, words) => {
        if (!lookingCommand.test(command)) onDeed({kind: 'monitor', text: [isAgent ? '# guest agent:' : '# QMP:', command, ...words].join(' ')})
      })
    },
    files: {
      ...files,
      write: async (path, data, options) => {
        if (!memory.test(path) && !repositoryLock.test(path)) onDeed({kind: 'write', path, text: `write ${path} (${Buffer.byteLength(data)} bytes)`})
        return files.write(path, data, options)
      },
      append: async (path, data) => {
        onDeed({kind: 'write', path, text: `append to ${path}`})
        return files.append(path, data)
      },
      rename: async (from, to) => {
        onDeed({kind: 'write', path: to, text: commandLine(['mv', '--', from, to])})
        return files.rename(from, to)
      },
      symlink: async (target, path) => {
        onDeed({kind: 'write', path: finalName(path), text: commandLine(['ln', '-sfn', '--', target, finalName(path)])})
        return files.symlink(target, path)
      },
      remove: async (path) => {
        if (!repositoryLock.test(path)) onDeed({kind: 'remove', path: finalName(path), text: commandLine(['rm', '-f', '--', finalName(path)])})
        return files.remove(path)
      },
      removeTree: async (path) => {
        onDeed({kind: 'remove', path, text: commandLine(['rm', '-rf', '--', path])})
        return files.removeTree(path)
      },
    },
  }
}

/** What is made beside its place and then put there counts as made there. */
function finalName(path: string): string {
  return path.replace(/\.corral-new$/, '')
}

function looksOnly(argv: readonly string[]): boolean {
  // A piece of a repository that is opened or packed; an archive that is opened has its path behind it.
  if (argv.join(' ') === 'zstd -q -d -c' || argv.join(' ') === 'zstd -q -1 -c') return true
  const name = argv[0]?.slice(argv[0].lastIndexOf('/') + 1) ?? ''
  if (/^qemu-system-/.test(name)) return !argv.includes('-daemonize')
  return lookingPrograms.some(([first, ...rest]) => first === name && rest.every((word, index) => argv[index + 1] === word))
}

/** A socket that tells which commands of QMP or the guest agent are written to it. */
function tapped(socket: Duplex, onCommand: (command: string, words: readonly string[]) => void): Duplex {
  let rest = ''
  const note = (chunk: unknown) => {
    rest += Buffer.isBuffer(chunk) ? chunk.toString('utf8') : String(chunk)
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const {execute, arguments: args = {}} = commandIn(line)
      if (execute !== undefined) onCommand(execute, Object.entries(args).map(([name, value]) => secretArguments.has(name) ? `${name}=***` : keysIn(value) ?? `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`))
    }
  }
  const write = socket.write.bind(socket) as (...parts: unknown[]) => boolean
  socket.write = ((...parts: unknown[]) => { note(parts[0]); return write(...parts) }) as Duplex['write']
  return socket
}

/** The keys of `send-key` as people write them: `ctrl-alt-delete`. */
function keysIn(value: unknown): string | undefined {
  const keys = Array.isArray(value) ? value.map((key: unknown) => typeof key === 'object' && key !== null && 'data' in key ? key.data : undefined) : []
  return keys.length > 0 && keys.every((key) => typeof key === 'string') ? keys.join('-') : undefined
}

function commandIn(line: string): {readonly execute?: string; readonly arguments?: Readonly<Record<string, unknown>>} {
  try {
    return JSON.parse(line.replace(/^\u00ff/, '')) as ReturnType<typeof commandIn>
  } catch {
    return {}
  }
}
