// Logins that are not supported are told in clear sentences: passwords, a second proof, and keys on security tokens. The server is ssh2's own.
import {generateKeyPairSync} from 'node:crypto'
import {mkdtemp, mkdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, onTestFinished, test} from 'vitest'
import {Server, utils} from 'ssh2'
import type {AuthContext} from 'ssh2'
import type {AppError} from '../../../../src/lib/base/index.ts'
import {connectSsh} from '../../../../src/lib/host/ssh/index.ts'

const hostKey = generateKeyPairSync('rsa', {modulusLength: 2048, privateKeyEncoding: {type: 'pkcs1', format: 'pem'}, publicKeyEncoding: {type: 'spki', format: 'pem'}}).privateKey
const userKey = utils.generateKeyPairSync('ed25519')

async function refusal(authenticate: (context: AuthContext) => void, keyFile: string | Buffer = userKey.private): Promise<AppError> {
  const home = await mkdtemp(join(tmpdir(), 'corral-ssh-'))
  const server = new Server({hostKeys: [hostKey]}, (client) => { client.on('authentication', authenticate).on('error', () => undefined) })
  const port = await new Promise<number>((resolve) => { server.listen(0, '127.0.0.1', () => { resolve((server.address() as {port: number}).port) }) })
  onTestFinished(async () => {
    server.close()
    await rm(home, {recursive: true, force: true})
  })
  await mkdir(join(home, '.ssh'))
  const shown = utils.parseKey(hostKey)
  if (shown instanceof Error) throw shown
  await writeFile(join(home, '.ssh/known_hosts'), `[127.0.0.1]:${port} ssh-rsa ${shown.getPublicSSH().toString('base64')}\n`)
  await writeFile(join(home, '.ssh/key'), keyFile, {mode: 0o600})
  const config = {path: join(home, '.ssh/config'), kind: 'user' as const}
  await writeFile(config.path, `Host *\n IdentityFile ${home}/.ssh/key\n UserKnownHostsFile ${home}/.ssh/known_hosts\n GlobalKnownHostsFile none\n`, {mode: 0o600})
  const error: unknown = await connectSsh({host: '127.0.0.1', port, user: 'kim'}, {env: {}, home, configFiles: [config]}).then((connection) => connection.close(), (reason: unknown) => reason)
  expect(error).toMatchObject({kind: 'unauthenticated', message: `127.0.0.1, port ${String(port)} does not let kim in`})
  return error as AppError
}

test('a host that takes passwords only', async () => {
  const {nextSteps} = await refusal((context) => { context.reject(['password', 'keyboard-interactive']) })
  expect(nextSteps).toEqual([
    'There was no key to try.', 'The host takes: password, keyboard-interactive. Corral uses publickey only.',
    'Put a public key into kim\'s authorized_keys there, or name the key: IdentityFile in ~/.ssh/config.',
  ])
})

test('a host that wants a further proof after the key', async () => {
  const {nextSteps} = await refusal((context) => {
    if (context.method !== 'publickey') context.reject(['publickey'])
    else if (context.signature === undefined) context.accept()
    else context.reject(['keyboard-interactive'], true)
  })
  expect(nextSteps.join('\n')).toMatch(/The host knows \S+\/key, but does not let anybody in by that alone: it wants a further proof, which is not supported/)
})

test('a key on a security token', async () => {
  const words = (...parts: (string | Buffer)[]) => Buffer.concat(parts.flatMap((part) => {
    const bytes = Buffer.from(part)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return [length, bytes]
  }))
  // PROTOCOL.key and PROTOCOL.u2f of OpenSSH.
  const publicKey = words('sk-ssh-ed25519@openssh.com', Buffer.alloc(32, 7), 'ssh:')
  const file = Buffer.concat([Buffer.from('openssh-key-v1\0', 'latin1'), words('none', 'none', ''), Buffer.from([0, 0, 0, 1]), words(publicKey, Buffer.alloc(128))])
  const pem = `-----BEGIN OPENSSH PRIVATE KEY-----\n${file.toString('base64').replace(/.{70}/g, '$&\n')}\n-----END OPENSSH PRIVATE KEY-----\n`
  const {nextSteps} = await refusal((context) => { context.reject(['publickey']) }, pem)
  expect(nextSteps.join('\n')).toMatch(/The key \S+\/key is on a security token \(FIDO\), which is not supported, not through ssh-agent either; use another key for this host\./)
})
