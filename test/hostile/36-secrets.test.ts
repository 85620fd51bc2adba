// Entry 36: what is secret stays out of argv, logs, plans, errors and files that others may read. No option carries a secret yet; what
// exists for those to come (masking, `secret` in a schema, secretArgs) is tried with secrets of the test, and every file that a busy
// installation makes is looked at.
import {existsSync, lstatSync, readFileSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {inspect} from 'node:util'
import {describe, expect, it} from 'vitest'
import {catalog} from '../../src/lib/catalog.ts'
import {errorText} from '../../src/lib/cli/print-error.ts'
import {localHost} from '../../src/lib/host/local/index.ts'
import {InvalidInputError} from '../../src/lib/base/index.ts'
import {checkParams, parsePropertyString, type Params} from '../../src/lib/spec/index.ts'
import {storeCommitStep} from '../../src/lib/tasks/actions/store-commit.ts'
import {describePlan} from '../../src/lib/tasks/carry-out.ts'
import type {Installation} from '../e2e/support/installation.ts'
import {machineRoom} from '../unit/guest/qemu/support/run-qm.ts'
import {installation} from './support/program.ts'

const secret = 'hunter2-do-not-show'

/** What others than the owner may do with a file or folder, and below which folder it cannot be reached anyway. */
function openToOthers(root: string): string[] {
  const open: string[] = []
  const look = (path: string) => {
    const stat = lstatSync(path)
    const shown = `${(stat.mode & 0o777).toString(8)} ${path.slice(root.length + 1)}`
    if (stat.isDirectory()) {
      if ((stat.mode & 0o005) !== 0) { for (const name of readdirSync(path)) look(join(path, name)) }
      if ((stat.mode & 0o022) !== 0) open.push(shown)
    } else if (!stat.isSymbolicLink() && (stat.mode & 0o077) !== 0) {
      open.push(shown)
    }
  }
  look(root)
  return open
}

function processes(place: Installation): {words: string; environment: string}[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      const environment = readFileSync(`/proc/${name}/environ`, 'utf8')
      if (!/^\d+$/.test(name) || Number(name) === process.pid || !environment.split('\0').includes(`CORRAL_ROOT=${place.root}`)) return []
      return [{words: readFileSync(`/proc/${name}/cmdline`, 'utf8'), environment}]
    } catch {
      return []
    }
  })
}

describe('an installation that is used', () => {
  it('has no file that others may read or change, and no secret of the caller in its processes', async () => {
    const place = installation()
    const env = {CORRAL_TEST_UNUSED: 'x', AWS_SECRET_ACCESS_KEY: secret, PASSWORD: secret, LD_AUDIT_X: secret}
    const umask = process.umask(0)
    try {
      await place.call('qm', ['create', '100', '--kvm', '0', '--memory', '32', '--serial0', 'socket', '--scsi0', 'local:1', '--bios', 'ovmf', '--efidisk0', 'local:1', '--net0', 'virtio', '--agent', '1'], {env})
      expect(await place.call('qm', ['start', '100'], {env})).toMatchObject({code: 0})
      await place.call('qm', ['start', '100'], {env})
      await place.call('qm', ['status', '100', '--verbose'], {env})
      await place.call('pvesm', ['alloc', 'local', '100', '', '1M', '--format', 'qcow2'], {env})
      await place.call('corral', ['doctor'], {env})
    } finally {
      process.umask(umask)
    }
    expect(openToOthers(place.root)).toEqual([])
    for (const folder of ['lib/store', 'run', 'run/qemu-server', 'log/tasks']) expect(lstatSync(join(place.root, folder)).mode & 0o777, folder).toBe(0o700)
    for (const name of readdirSync(place.runDir)) expect(lstatSync(join(place.runDir, name)).mode & 0o007, name).toBe(0)
    const running = processes(place)
    expect(running.some(({words}) => words.includes('qemu-system'))).toBe(true)
    for (const {words, environment} of running) expect(words + environment, words).not.toContain(secret)
    await place.mustQm('stop', '100')
  }, 60_000)

  it('asks for a password on the screen of a guest, and nothing that we show holds one', async () => {
    const place = installation()
    await place.create(100)
    const words = (await place.mustQm('showcmd', '100')).split(' ')
    const vnc = words[words.indexOf('-vnc') + 1]
    expect(vnc).toMatch(/^'?unix:.*password=on'?$/)
    expect(words.join(' ')).not.toMatch(/password=(?!on\b)/)
  }, 30_000)
})

describe('what is marked as secret', () => {
  const params: Params = {
    password: {type: 'string', secret: true, pattern: '[a-z]{3}', description: 'x'},
    number: {type: 'integer', secret: true, minimum: 5, optional: true, description: 'x'},
    word: {type: 'string', secret: true, enum: ['a', 'b'], optional: true, description: 'x'},
  }

  it('is not repeated when it is wrong', () => {
    for (const input of [{password: secret}, {password: 'abc', number: secret}, {password: 'abc', word: secret}, {password: [secret, secret]}]) {
      let error: unknown
      try {
        checkParams(params, input)
      } catch (caught) {
        error = caught
      }
      expect(error).toBeInstanceOf(InvalidInputError)
      for (const isJson of [true, false]) expect(errorText(error, isJson, true)).not.toContain(secret)
    }
    expect(() => parsePropertyString(`password=${secret}`, params)).toThrow(expect.objectContaining({message: expect.not.stringContaining(secret) as string}) as Error)
  })

  it('in a configuration is masked in what a dry run shows', async () => {
    const context = await (await machineRoom()).open()
    const files = [
      {path: 'nodes/h1/qemu-server/100.conf', text: `cipassword: ${secret}\nname: web\n`, was: undefined},
      {path: 'storage.cfg', text: `cifs: x\n\tpassword ${secret}\n\tpath /x\n`, was: {data: `cifs: x\n\tpassword old${secret}\n`}},
      {path: 'priv/token.cfg', text: `${secret}\n`, was: undefined},
    ]
    for (const file of files) {
      const step = storeCommitStep([file])
      const lines = await describePlan({steps: [step], whenInterrupted: 'undo'}, context)
      expect(lines.length).toBeGreaterThan(2)
      expect(lines.join('\n')).not.toContain(secret)
    }
  })

  it('in the argv of a program is masked in its errors, also where the program repeats it', async () => {
    const host = localHost('h1')
    const failing = [
      () => host.run(['sh', '-c', 'echo "bad password $1" >&2; exit 3', 'sh', secret], {secretArgs: [4]}),
      () => host.run(['sh', '-c', 'echo "$1"; exec sleep 10', 'sh', secret], {secretArgs: [4], timeoutMs: 100}),
      () => host.run(['/nonexistent/program', secret], {secretArgs: [1]}),
      () => host.run(['/etc/passwd', secret], {secretArgs: [1]}),
      () => host.run(['true', secret, 'x'.repeat(4 * 1024 ** 2)], {secretArgs: [1]}),
    ]
    for (const fail of failing) {
      const error: unknown = await fail().then(() => undefined, (reason: unknown) => reason)
      expect(error).toBeInstanceOf(Error)
      for (const isJson of [true, false]) expect(errorText(error, isJson, true)).not.toContain(secret)
      // The object as whoever logs it would see it, causes and all.
      expect(inspect(error, {depth: 10, showHidden: true})).not.toContain(secret)
    }
  })

  it('is no positional argument of any command: those stand in the lists of tasks and locks', async () => {
    for (const [id, entry] of Object.entries(catalog.commands)) {
      const {spec} = await entry.spec()
      for (const [name, schema] of Object.entries(spec.params)) {
        const isSecret = (schema as {secret?: boolean}).secret === true
        if (isSecret) expect(spec.args, `${id} ${name}`).not.toContain(name)
        // A name that sounds secret has to be marked; a switch holds none.
        if (schema.type !== 'boolean' && /passw|secret|token|passphrase|private-?key/i.test(name)) expect(isSecret, `${id} --${name}`).toBe(true)
      }
    }
  })
})

describe('a fault of ours', () => {
  it('leaves no core and no report with the environment behind', async () => {
    const place = installation()
    await place.call('qm', ['create', '100', '--kvm', '0', '--memory', '32'], {env: {SECRET_TOKEN: secret, CORRAL_DEBUG: '1'}})
    const answer = await place.call('qm', ['set', '100', '--cores', 'x'], {env: {SECRET_TOKEN: secret, CORRAL_DEBUG: '1'}})
    expect(answer.stdout + answer.stderr).not.toContain(secret)
    for (const name of readdirSync(place.root, {recursive: true, withFileTypes: true})) {
      if (!name.isFile()) continue
      const path = join(name.parentPath, name.name)
      if (existsSync(path)) expect(readFileSync(path).includes(secret), path).toBe(false)
    }
  }, 30_000)
})
