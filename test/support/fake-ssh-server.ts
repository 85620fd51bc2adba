// A host over SSH that is a table: what is on it, what its shell answers to our scripts, and what was done to it. And how hosts are reached
// when all of them are this one.
import {createHash} from 'node:crypto'
import {PassThrough, Duplex} from 'node:stream'
import type {AgentBundle, HostCheck, HostConnector} from '../../src/lib/host/index.ts'
import type {SshConnection} from '../../src/lib/host/ssh/index.ts'

const data = Buffer.from('agent')
const sha256 = createHash('sha256').update(data).digest('hex')
const bundle: AgentBundle = {
  version: '9.9.0', architecture: 'x64', libc: 'glibc',
  files: ['corral-agent', 'corral-agent.mjs', 'libexec/x'].map((path) => ({path, mode: 0o755, sha256, data})),
}
const facts: HostCheck = {
  node: 'n1', version: '9.9.0', user: 'root@pam', isRoot: true, system: 'Debian \u001b[31m13', kernel: '6.12', architecture: 'x64', nodeVersion: 'v20.19.0', cpus: 4, memoryBytes: 1024 ** 3,
  qemu: '10.0', lxc: null, kvm: {usable: true, reason: ''}, cgroups: 'v2', storageTools: ['lvs'], disk: {path: '/', totalBytes: 2 * 1024 ** 3, availableBytes: 1024 ** 3},
  missingPackages: [], settings: [], problems: ['\u001b]0;owned\u0007'],
}

export class FakeServer {
  readonly done: string[] = []
  readonly has = new Set(['apt-get', 'qemu-system-x86_64', 'qemu-img', 'ip'])
  readonly files = new Map<string, string>()
  node: string | undefined = 'v20.19.0'
  architecture = 'x86_64'
  /** The version in the launcher that is there. */
  agent = ''
  /** The version of the agent of its Debian package. */
  packaged = ''
  /** Whether what is sent arrives otherwise. */
  damages = false
  /** The Node.js of its package sources, before and after their lists were fetched. */
  offered = ['20.19.2+dfsg-1', '20.19.2+dfsg-1']
  readonly idLines = new Set(['subuids=root:100000:65536', 'subgids=root:100000:65536'])
  failing: {stderr: string} | undefined
  /** What happens to those who want the agent of a host. */
  readonly refusing = new Map<string, () => Promise<never>>()

  connection(): SshConnection {
    return {
      peer: {host: 'x', port: 22, user: 'root', hostKeyFingerprint: 'SHA256:x', hostKeyType: 'ssh-ed25519'}, needsSudo: false, closed: Promise.resolve(undefined), close: () => undefined,
      upload: async (content, path) => { this.done.push(`upload ${path}`); this.files.set(path, createHash('sha256').update(this.damages ? 'damaged' : content).digest('hex')) },
      exec: async (command) => {
        const stderr = new PassThrough()
        const output = new PassThrough()
        let input = ''
        let end: (exit: {how: 'exited'; code: number}) => void = () => undefined
        const exit = new Promise<{how: 'exited'; code: number}>((resolve) => { end = resolve })
        const stream = Duplex.from({
          readable: output,
          writable: new PassThrough({
            transform: (chunk: Buffer, _encoding, next) => { input += chunk.toString(); next() },
            flush: (next) => {
              const lines = this.failing === undefined ? this.#answer(command, input.trimEnd().split('\n')) : []
              if (this.failing !== undefined) stderr.write(this.failing.stderr)
              output.end(lines.map((line) => `${line}\n`).join(''))
              output.once('end', () => setTimeout(() => end({how: 'exited', code: this.failing === undefined ? 0 : 1}), 1))
              next()
            },
          }),
        })
        return {stream, stderr, exit, resize: () => undefined, signal: () => undefined, close: () => undefined}
      },
    }
  }

  #answer(command: string, [first = '', ...names]: readonly string[]): string[] {
    if (command.includes('apt-get -q -y update')) { this.done.push('update'); return ['Reading \u001b[2J', `offered=${this.offered[1] ?? ''}`, 'end=1'] }
    if (command.includes('apt-get') && command.includes('install')) { this.done.push(`install ${first}`); this.node = 'v20.19.0'; return ['end=1'] }
    if (command.includes('usermod "--add-')) {
      for (const line of [first, ...names]) this.idLines.add(line.replace(/^(\w+) (\d+)-\d+$/, '$1=root:$2:65536'))
      this.done.push(`ranges ${[first, ...names].join(', ')}`)
      return ['end=1']
    }
    if (command.includes('rm -f')) { this.done.push(`remove ${first} ${names.length}`); return ['end=1'] }
    return [
      'uid=0', `architecture=${this.architecture}`, `agent=${this.agent}`, `packaged=${this.packaged}`, 'system=Debian', 'libc=glibc 2.41', `offered=${this.offered[0] ?? ''}`, ...this.idLines, ...(this.node === undefined ? [] : [`node=${this.node}`]), ...[...this.has].map((name) => `has=${name}`),
      ...names.flatMap((name) => { const hash = this.files.get(`${first}/${name}`); return hash === undefined ? [] : [`${hash}  ${first}/${name}`] }), 'end=1',
    ]
  }
}

/** Reaches the server under every name. */
export function fakeConnector(server: FakeServer): HostConnector {
  return {
    openLogin: async () => server.connection(), agentBundle: async () => bundle,
    openTerminal: () => Promise.reject(new Error('no terminal')),
    openAgent: async ({ssh}) => server.refusing.get(ssh)?.() ?? ({client: {hello: async () => ({node: 'n1'}), facts: async () => facts} as never, close: () => undefined}),
  }
}
