// The SSH transport against real servers: keys, agents, host keys, jumps, sudo, and hosts that are dead or die.
import {createHash, randomBytes} from 'node:crypto'
import {chmodSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import type {Server, Socket} from 'node:net'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {AppError} from '../../src/lib/base/index.ts'
import {connectSsh} from '../../src/lib/host/ssh/index.ts'
import type {ChannelExit, SshConnection, SshOptions, SshPrompt, SshTarget} from '../../src/lib/host/ssh/index.ts'
import {openSshLab} from '../support/ssh-lab.ts'
import type {SshLab} from '../support/ssh-lab.ts'

let lab: SshLab
beforeAll(async () => { lab = await openSshLab({hosts: ['one', 'two', 'three'], network: 'namespaces'}) })
afterAll(async () => { await lab.close() })

async function withConnection<T>(target: SshTarget, work: (connection: SshConnection) => Promise<T>, over: Partial<SshOptions> = {}): Promise<T> {
  const connection = await connectSsh(target, lab.options(over))
  try {
    return await work(connection)
  } finally {
    connection.close()
    await connection.closed
  }
}

async function failure(work: Promise<unknown>): Promise<AppError> {
  const error: unknown = await work.then(() => undefined, (reason: unknown) => reason)
  if (error instanceof AppError) return error
  throw new Error('it did not fail as it should', {cause: error})
}

async function output(connection: SshConnection, command: string, input = ''): Promise<{stdout: string; stderr: string; exit: ChannelExit}> {
  const channel = await connection.exec(command)
  let stdout = ''
  let stderr = ''
  channel.stream.on('data', (chunk: Buffer) => { stdout += chunk.toString() })
  channel.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString() })
  channel.stream.end(input)
  const exit = await channel.exit
  return {stdout, stderr, exit}
}

/** Answers from a list; what is asked is kept. */
function prompter(answers: (string | undefined)[]): SshPrompt & {readonly shown: string[]} {
  const shown: string[] = []
  const answer = async (question: string) => { shown.push(question); return answers.shift() }
  return {shown, ask: (lines, question) => { shown.push(...lines); return answer(question) }, askSecret: answer, notice: (line) => { shown.push(line) }}
}

const identityOnly = (path: string): Partial<SshTarget> => ({identityFiles: [path]})

describe('keys', () => {
  test.each(['ed25519', 'ecdsa', 'rsa'])('a key of type %s', async (type) => {
    const key = await lab.makeKey(`id_test_${type}`, {type})
    await lab.host('one').authorize('root', key.publicKey)
    await withConnection({host: 'one', ...identityOnly(key.path)}, async (connection) => {
      expect(connection.peer).toMatchObject({user: 'root', host: lab.host('one').address, hostKeyType: 'ssh-ed25519'})
      expect((await output(connection, 'echo "$CORRAL_NODE" && cat', 'hello')).stdout).toBe('one\nhello')
    })
  })

  test('a key that only ssh-agent holds', async () => {
    const key = await lab.makeKey('id_agent', {type: 'rsa'})
    await lab.host('one').authorize('root', key.publicKey)
    const socket = await lab.startSshAgent([key.path])
    writeFileSync(key.path, '')
    writeFileSync(join(lab.home, 'agent-config'), `Host one\n HostName ${lab.host('one').address}\n User root\n IdentityFile none\n`, {mode: 0o600})
    const configFiles = [{path: join(lab.home, 'agent-config'), kind: 'user' as const}]
    await withConnection({host: 'one'}, async (connection) => {
      expect((await output(connection, 'id -u')).stdout).toBe('0\n')
    }, {configFiles, env: {SSH_AUTH_SOCK: socket}})
    const error = await failure(connectSsh({host: 'one'}, lab.options({configFiles, env: {SSH_AUTH_SOCK: '/nonexistent/socket'}})))
    expect(error.kind).toBe('unauthenticated')
    expect(error.nextSteps.join('\n')).toMatch(/ssh-agent could not be asked/)
  })

  test('an encrypted key: asked for, wrong passphrases, held by ssh-agent, and no terminal', async () => {
    const key = await lab.makeKey('id_secret', {passphrase: 'correct horse'})
    await lab.host('one').authorize('root', key.publicKey)
    const target = {host: 'one', ...identityOnly(key.path)}
    const prompt = prompter(['wrong', 'correct horse'])
    await withConnection(target, async (connection) => { expect((await output(connection, 'id -u')).stdout).toBe('0\n') }, {prompt})
    expect(prompt.shown).toEqual([`Passphrase for the key ${key.path}: `, 'That is not its passphrase.', `Passphrase for the key ${key.path}: `])
    const none = await failure(connectSsh(target, lab.options()))
    expect(none.kind).toBe('unauthenticated')
    expect(none.nextSteps.join('\n')).toMatch(/encrypted, and there is no terminal.*ssh-add/)
    expect((await failure(connectSsh(target, lab.options({prompt: prompter([undefined])})))).kind).toBe('cancelled')
    expect((await failure(connectSsh(target, lab.options({prompt: prompter(['a', 'b', 'c'])})))).nextSteps.join('\n')).toMatch(/passphrase was not given/)
  })

  test('a passphrase is asked for no key that the host does not take', async () => {
    const key = await lab.makeKey('id_stranger', {passphrase: 'never asked'})
    const prompt = prompter([])
    const error = await failure(connectSsh({host: 'one', ...identityOnly(key.path)}, lab.options({prompt})))
    expect(prompt.shown).toEqual([])
    expect(error.kind).toBe('unauthenticated')
    expect(error.message).toBe(`one (${lab.host('one').address}) does not let root in`)
    expect(error.nextSteps.join('\n')).toContain(`Keys that were tried: ${key.path}.`)
    expect(error.nextSteps.join('\n')).toContain('The host takes: publickey.')
  })

  test('a key that others can read is not used', async () => {
    const key = await lab.makeKey('id_open')
    await lab.host('one').authorize('root', key.publicKey)
    chmodSync(key.path, 0o644)
    expect((await failure(connectSsh({host: 'one', ...identityOnly(key.path)}, lab.options()))).nextSteps.join('\n')).toMatch(/can be read by others/)
  })

  test('a passphrase may take longer than the limit of time', async () => {
    const key = await lab.makeKey('id_slow', {passphrase: 'slow'})
    await lab.host('one').authorize('root', key.publicKey)
    const prompt = {...prompter([]), askSecret: () => new Promise<string>((resolve) => { setTimeout(() => { resolve('slow') }, 4000) })}
    await withConnection({host: 'one', ...identityOnly(key.path)}, async ({peer}) => { expect(peer.user).toBe('root') }, {prompt, connectTimeoutMs: 3000})
  })
})

describe('host keys', () => {
  test('unknown: refused without a terminal, asked for and remembered on one', async () => {
    const {address} = lab.host('two')
    const known = join(lab.home, '.ssh/known_hosts')
    const before = readFileSync(known, 'utf8')
    writeFileSync(known, before.split('\n').filter((line) => !line.startsWith(address)).join('\n'))
    try {
      const error = await failure(connectSsh({host: 'two'}, lab.options()))
      expect(error.kind).toBe('forbidden')
      expect(error.message).toMatch(/is not known/)
      const prompt = prompter(['yes'])
      const {peer} = await withConnection({host: 'two'}, async (connection) => connection, {prompt})
      expect(prompt.shown.join('\n')).toContain(peer.hostKeyFingerprint)
      await withConnection({host: 'two'}, async () => undefined)
    } finally {
      await lab.trustAll()
    }
  })

  test('changed: refused with the file and the line, whatever StrictHostKeyChecking says', async () => {
    await lab.host('two').changeKey()
    try {
      const config = join(lab.home, 'careless')
      writeFileSync(config, `StrictHostKeyChecking no\nUserKnownHostsFile ${lab.home}/.ssh/known_hosts\nHost two\n HostName ${lab.host('two').address}\n`, {mode: 0o600})
      for (const over of [{}, {configFiles: [{path: config, kind: 'user' as const}], prompt: prompter(['yes', 'yes'])}]) {
        const error = await failure(connectSsh({host: 'two'}, lab.options(over)))
        expect(error.kind).toBe('forbidden')
        expect(error.message).toMatch(/has changed/)
        expect(error.data).toMatchObject({knownHostsFile: join(lab.home, '.ssh/known_hosts'), knownHostsLine: 2})
      }
    } finally {
      await lab.trustAll()
    }
    await withConnection({host: 'two'}, async () => undefined)
  })
})

describe('logins that are not root', () => {
  test('use sudo, for the installation too', async () => {
    await withConnection({host: 'one', user: 'admin'}, async (connection) => {
      expect(connection.needsSudo).toBe(true)
      const path = join(lab.host('one').root, 'by-admin/file')
      await connection.upload(Buffer.from('x'), path, 0o755)
      expect([statSync(path).uid, statSync(path).mode & 0o777]).toEqual([0, 0o755])
    })
  })
  test('that may not use sudo are told', async () => {
    await withConnection({host: 'one', user: 'plain'}, async (connection) => {
      const error = await failure(connection.upload(Buffer.from('x'), join(lab.host('one').root, 'never'), 0o755))
      expect(error.kind).toBe('tool')
      expect(error.nextSteps.join('\n')).toMatch(/NOPASSWD/)
    })
  })
})

describe('files', () => {
  test('arrive whole, privately made, with their mode; nothing else is left', async () => {
    const data = randomBytes(3_000_000)
    const path = join(lab.host('one').root, 'deep/er/agent')
    await withConnection({host: 'one'}, async (connection) => {
      await connection.upload(data, path, 0o755)
      await connection.upload(data, path, 0o700)
      const {stdout} = await output(connection, `sha256sum ${path}; ls -A ${join(lab.host('one').root, 'deep/er')}`)
      expect(stdout).toBe(`${createHash('sha256').update(data).digest('hex')}  ${path}\nagent\n`)
    })
    expect(statSync(path).mode & 0o777).toBe(0o700)
  })
  test('a path with meaning to a shell is refused', async () => {
    await withConnection({host: 'one'}, async (connection) => {
      for (const path of ['/tmp/a b', '/tmp/$(id)', '/tmp/a\nb', 'relative', '/../etc/x']) expect((await failure(connection.upload(Buffer.from('x'), path, 0o600))).kind).toBe('invalid-input')
    })
  })
  test('one that is cut short changes nothing', async () => {
    const path = join(lab.host('three').root, 'cut')
    const connection = await connectSsh({host: 'three'}, lab.options())
    await connection.upload(Buffer.from('old'), path, 0o600)
    const upload = failure(connection.upload(randomBytes(60_000_000), path, 0o600))
    await new Promise((resolve) => { setTimeout(resolve, 150) })
    await lab.host('three').kill()
    expect((await upload).kind).toBe('unavailable')
    await lab.host('three').start()
    expect(readFileSync(path, 'utf8')).toBe('old')
  })
})

describe('jumps', () => {
  test('through one host and through two', async () => {
    const {address} = lab.host('three')
    const key = join(lab.home, '.ssh/id_ed25519')
    await withConnection({host: 'three', jump: [{host: 'one'}, {host: 'two'}]}, async (connection) => {
      expect((await output(connection, 'echo "$CORRAL_NODE" "$SSH_CONNECTION"')).stdout).toMatch(new RegExp(`^three ${lab.host('two').address.replaceAll('.', '\\.')} \\d+ ${address} 22\n$`))
    })
    const config = join(lab.home, 'jumping')
    writeFileSync(config, `Include ${lab.home}/.ssh/config\nHost three\n ProxyJump one\n`, {mode: 0o600})
    await withConnection({host: 'three', user: 'root', identityFiles: [key]}, async (connection) => {
      expect((await output(connection, 'echo "$CORRAL_NODE"')).stdout).toBe('three\n')
    }, {configFiles: [{path: config, kind: 'user'}]})
  })
  test('a host that the jump host cannot reach', async () => {
    const error = await failure(connectSsh({host: `${lab.host('one').address.replace(/\d+$/, '99')}`, user: 'root', jump: [{host: 'one'}]}, lab.options({connectTimeoutMs: 4000})))
    expect(error.kind).toBe('unavailable')
  })
  test('the end of the jump host ends the connection', async () => {
    const connection = await connectSsh({host: 'three', jump: [{host: 'two'}]}, lab.options())
    await lab.host('two').kill()
    expect(await connection.closed).toBeInstanceOf(AppError)
    await lab.host('two').start()
  })
})

describe('hosts that are not there', () => {
  const timed = async (work: Promise<unknown>): Promise<{error: AppError; tookMs: number}> => {
    const startedAt = performance.now()
    const error = await failure(work)
    return {error, tookMs: performance.now() - startedAt}
  }

  test('cut off: an end within the limit', async () => {
    await lab.host('three').cutNetwork()
    try {
      const {error, tookMs} = await timed(connectSsh({host: 'three'}, lab.options({connectTimeoutMs: 2000})))
      expect(error.kind).toBe('unavailable')
      expect(error.message).toMatch(/cannot reach three/)
      expect(tookMs).toBeLessThan(4000)
    } finally {
      await lab.host('three').restoreNetwork()
    }
  })
  test('nothing listens', async () => {
    await lab.host('three').kill()
    const {error} = await timed(connectSsh({host: 'three'}, lab.options()))
    expect(error).toMatchObject({kind: 'unavailable', message: `cannot reach three (${lab.host('three').address}): nothing listens there`})
    await lab.host('three').start()
  })
  test('a name that nobody knows', async () => {
    expect((await timed(connectSsh({host: 'no-such-host.invalid', user: 'root'}, lab.options()))).error.kind).toBe('unavailable')
  })

  test.each([
    ['says nothing', () => undefined], ['says what is no SSH', (socket: Socket) => { socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(20)) }], ['hangs up', (socket: Socket) => { socket.destroy() }],
    ['never ends its first line', (socket: Socket) => { endless(socket) }], ['says garbage after a greeting', (socket: Socket) => { socket.write('SSH-2.0-x\r\n'); endless(socket) }],
  ])('a server that %s', async (_what, behave) => {
    const sockets: Socket[] = []
    const server: Server = createServer((socket) => { sockets.push(socket); socket.on('error', () => undefined); behave(socket) })
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const {error, tookMs} = await timed(connectSsh({host: '127.0.0.1', user: 'root', port}, lab.options({connectTimeoutMs: 1500})))
    expect(error.kind).toBe('unavailable')
    expect(tookMs).toBeLessThan(4000)
    for (const socket of sockets) socket.destroy()
    await new Promise<void>((resolve) => { server.close(() => { resolve() }) })
  })

  test('the caller need not wait', async () => {
    await lab.host('three').cutNetwork()
    try {
      const stop = new AbortController()
      setTimeout(() => { stop.abort() }, 300)
      const {error, tookMs} = await timed(connectSsh({host: 'three'}, lab.options({signal: stop.signal})))
      expect(error.kind).toBe('cancelled')
      expect(tookMs).toBeLessThan(2000)
    } finally {
      await lab.host('three').restoreNetwork()
    }
  })

  test('a connection whose cable is cut ends after three signs of life are missed', async () => {
    const connection = await connectSsh({host: 'three'}, lab.options({keepaliveIntervalMs: 300}))
    const channel = await connection.exec('cat')
    channel.stream.resume()
    channel.stderr.resume()
    await lab.host('three').cutNetwork()
    try {
      const startedAt = performance.now()
      expect(await channel.exit).toEqual({how: 'lost'})
      expect(await connection.closed).toMatchObject({kind: 'unavailable'})
      expect(performance.now() - startedAt).toBeLessThan(5000)
      expect((await failure(connection.exec('id'))).kind).toBe('unavailable')
    } finally {
      await lab.host('three').restoreNetwork()
    }
  })

  test('a server that is killed ends its channels', async () => {
    const connection = await connectSsh({host: 'three'}, lab.options())
    const channel = await connection.exec('cat')
    channel.stream.resume()
    channel.stderr.resume()
    await lab.host('three').kill()
    expect(await channel.exit).toEqual({how: 'lost'})
    expect(await connection.closed).toMatchObject({kind: 'unavailable', message: expect.stringMatching(/was lost/) as string})
    await lab.host('three').start()
  })
})

describe('channels', () => {
  test('a pty has its size, changes it and takes signals', async () => {
    await withConnection({host: 'one'}, async (connection) => {
      const channel = await connection.exec('stty size; trap "stty size" WINCH; trap "echo interrupted; exit 3" INT; while :; do sleep 0.1; done', {pty: {term: 'xterm', columns: 91, rows: 33}})
      let shown = ''
      channel.stream.on('data', (chunk: Buffer) => { shown += chunk.toString() })
      channel.stderr.resume()
      await expect.poll(() => shown, {timeout: 5000}).toContain('33 91')
      channel.resize({columns: 120, rows: 40})
      await expect.poll(() => shown, {timeout: 5000}).toContain('40 120')
      channel.stream.write('\u0003')
      expect(await channel.exit).toEqual({how: 'exited', code: 3})
      expect(shown).toContain('interrupted')
    })
  })
  test('a program that a signal ends, and many channels at once', async () => {
    await withConnection({host: 'one'}, async (connection) => {
      expect((await output(connection, 'kill -TERM $$')).exit).toEqual({how: 'signalled', signal: 'SIGTERM'})
      const answers = await Promise.all(Array.from({length: 20}, (_, index) => output(connection, 'cat', `${index}`)))
      expect(answers.map(({stdout}) => stdout)).toEqual(Array.from({length: 20}, (_, index) => `${index}`))
    })
  })
  test('much data comes through unchanged, with a slow reader', async () => {
    const data = randomBytes(8_000_000)
    await withConnection({host: 'one'}, async (connection) => {
      const channel = await connection.exec('cat')
      channel.stderr.resume()
      channel.stream.end(data)
      const hash = createHash('sha256')
      let count = 0
      for await (const chunk of channel.stream as AsyncIterable<Buffer>) {
        hash.update(chunk)
        if (count++ % 32 === 0) await new Promise((resolve) => { setTimeout(resolve, 2) })
      }
      expect(hash.digest('hex')).toBe(createHash('sha256').update(data).digest('hex'))
    })
  })
})

/** Writes until the other side has had enough. */
function endless(socket: Socket): void {
  const write = () => {
    if (socket.destroyed) return
    if (socket.write('x'.repeat(16_384))) setImmediate(write)
    else socket.once('drain', write)
  }
  write()
}
