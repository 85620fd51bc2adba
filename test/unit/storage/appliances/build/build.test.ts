// corral template build, with small scripts in the place of mmdebstrap and apt; tar, find and zstd are real.
import {execFileSync, spawn} from 'node:child_process'
import {existsSync, readFileSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest'
import {catalog} from '../../../../../src/lib/catalog.ts'
import {checkParams} from '../../../../../src/lib/spec/index.ts'
import {mirrorsFor, parseIndexTargets, proxiesIn, sourceLines, takesOldLists} from '../../../../../src/lib/storage/appliances/build/apt-sources.ts'
import {freeTemplateName, parseDebianVersion} from '../../../../../src/lib/storage/appliances/build/template-name.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {runHandler} from '../../../../../src/lib/tasks/index.ts'
import {builtProgram} from '../../../../support/built.ts'
import {debianTargets, writeTemplateTools} from '../../../../support/template-tools.ts'
import type {ToolsWish} from '../../../../support/template-tools.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {machineRoom} from '../../../guest/qemu/support/run-qm.ts'

const path = process.env['PATH'] ?? ''
let place: Installation
let context: Context
const tools = () => join(place.root, 'tools')
const cache = () => join(place.root, 'lib/vz/template/cache')

function withTools(wish?: ToolsWish): void {
  vi.stubEnv('PATH', `${writeTemplateTools(tools(), wish)}:${path}`)
}

beforeEach(async () => {
  place = await machineRoom()
  context = await place.open()
  withTools()
})
afterEach(() => { vi.unstubAllEnvs() })

async function build(params: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
  const entry = catalog.commands['corral template build']
  if (entry === undefined) throw new Error('there is no corral template build')
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  const outcome = await runHandler(handler, checkParams(spec.params, {release: 'debian-13', ...params}), context)
  return outcome.outcome === 'done' ? outcome.result : undefined
}

const nothingLeft = () => {
  expect(readdirSync(join(place.root, 'lib')).filter((name) => name.startsWith('template-build'))).toEqual([])
  expect(existsSync(cache()) ? readdirSync(cache()).filter((name) => !/^debian-\d+-[a-z]+_[\d.]+-\d+_amd64\.tar\.zst$/.test(name)) : []).toEqual([])
}

describe('a template', () => {
  it('is named after the point release, holds nothing of one machine, and replaces none', async () => {
    expect(await build()).toBe('local:vztmpl/debian-13-standard_13.4-1_amd64.tar.zst')
    expect(await build()).toBe('local:vztmpl/debian-13-standard_13.4-2_amd64.tar.zst')
    const members = execFileSync('tar', ['--zstd', '-tf', join(cache(), 'debian-13-standard_13.4-1_amd64.tar.zst')], {encoding: 'utf8'}).split('\n')
    const files = members.filter((name) => name !== '' && !name.endsWith('/')).sort()
    expect(files).toEqual(['./etc/debian_version', './etc/machine-id', './etc/ssh/sshd_config', './etc/systemd/system/sys-kernel-debug.mount', './var/cache/debconf/config.dat', './var/lib/dpkg/status'])
    expect(members).toContain('./dev/')
    expect(execFileSync('tar', ['--zstd', '-xOf', join(cache(), 'debian-13-standard_13.4-1_amd64.tar.zst'), './etc/machine-id'], {encoding: 'utf8'})).toBe('')
    nothingLeft()
  })

  it('has what is asked for, from the servers that apt has; a proxy with its password is in the environment alone', async () => {
    await build({variant: 'minimal', packages: 'less,vim-tiny', storage: 'local'})
    const [proxy, ...words] = readFileSync(join(tools(), 'words'), 'utf8').trimEnd().split('\n')
    expect(proxy).toBe('http://joe:hunter2@proxy.example.org:3128')
    expect(words).toContain('--variant=minbase')
    expect(words.find((word) => word.startsWith('--include='))).toMatch(/systemd-sysv,.*,less,vim-tiny$/)
    expect(words.slice(-3)).toEqual(['http://deb.example.org/debian trixie', 'http://deb.example.org/debian trixie-updates', 'http://security.example.org/debian-security trixie-security'].map((each) => `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${each} main`))
    expect(words.join('\n') + place.lines.join('\n')).not.toContain('hunter2')
  })

  it('that cannot be built leaves nothing, and mmdebstrap says why', async () => {
    withTools({before: 'echo "E: The repository does not have a Release file." >&2\necho "E: apt-get update failed" >&2\nmkdir -p "$TMPDIR/half"; exit 25'})
    await expect(build()).rejects.toMatchObject({kind: 'unavailable', message: 'the tree of debian-13 could not be built: The repository does not have a Release file.'})
    nothingLeft()
    withTools({version: 'trixie/sid'})
    await expect(build()).rejects.toThrow(/calls itself Debian 'trixie\/sid'/)
    nothingLeft()
  })

  it.each([['storage', 'none', 'not-found'], ['mirror', 'ftp://x', 'invalid-input'], ['mirror', 'http://joe:hunter2@x/debian', 'invalid-input'], ['mirror', 'http://x/ trixie main', 'invalid-input'], ['mirror', 'http://x/[a=b]', 'invalid-input'], ['packages', '-x', 'invalid-input'], ['packages', 'a b', 'invalid-input'], ['release', 'debian-11', 'invalid-input']])(
    'with --%s %s is refused, and nothing begins', async (option, value, kind) => {
      const error: unknown = await build({[option]: value}).then(() => undefined, (reason: unknown) => reason)
      expect(error).toMatchObject({kind})
      expect(String(error)).not.toContain('hunter2')
      expect(existsSync(join(tools(), 'words'))).toBe(false)
    })

  it('on a host that lacks a program is refused with the line that installs it', async () => {
    context = {...context, host: {...context.host, which: async () => undefined}}
    await expect(build()).rejects.toMatchObject({kind: 'not-found', nextSteps: [expect.stringMatching(/^apt-get install mmdebstrap zstd tar/)]})
  })

  it.each(['RECORD', 'STEP'])('whose builder is killed after any %s leaves nothing', async (what) => {
    const program = await builtProgram('test/unit/guest/qemu/support/run-one.ts')
    for (let k = 1; k < 10; k++) {
      const child = spawn(process.execPath, [program, 'corral template build', JSON.stringify({release: 'debian-12'})], {
        env: {PATH: `${tools()}:${path}`, CORRAL_ROOT: place.root, CORRAL_NODE: 'h1', [`CORRAL_TEST_STOP_AFTER_${what}`]: String(k)}, stdio: 'ignore',
      })
      const signal = await new Promise((resolve) => { child.once('close', (_code, by) => { resolve(by) }) })
      if (signal === null) { expect(k).toBeGreaterThan(1); return }
      // Whoever builds the same next takes it back first.
      await build({release: 'debian-12'})
      expect(await readJournals(context.store)).toEqual([])
      nothingLeft()
    }
    throw new Error('it does not come to its end')
  }, 60_000)
})

describe('sources', () => {
  it('are those of Debian that are on web servers', () => {
    const targets = parseIndexTargets(`${debianTargets}\nrubbish\n|||\n`)
    expect(mirrorsFor(targets, {})).toEqual({mirror: 'http://deb.example.org/debian', security: 'http://security.example.org/debian-security'})
    expect(mirrorsFor(targets, {mirror: 'https://m.example.org/d/'})).toEqual({mirror: 'https://m.example.org/d', security: 'http://security.example.org/debian-security'})
    expect(mirrorsFor([], {mirror: 'https://m.example.org/d'})).toEqual({mirror: 'https://m.example.org/d', security: undefined})
    expect(sourceLines('trixie', {mirror: 'http://m', security: undefined})).toHaveLength(2)
    const notThere = expect.objectContaining({kind: 'not-found', nextSteps: expect.arrayContaining(['Let apt read its sources: apt-get update']) as unknown}) as unknown
    for (const none of ['', 'Debian|Debian|cdrom://Disk|trixie|main', 'Debian|Debian|http://x|trixie-backports|main', 'Debian|Debian|http://x|trixie|contrib']) expect(() => mirrorsFor(parseIndexTargets(none), {})).toThrow(notThere)
  })

  it('of apt\'s settings are the proxies, and whether old lists do', () => {
    expect(proxiesIn('Acquire::http::Proxy "http://p:1";\nAcquire::https::Proxy "DIRECT";\nAcquire::http::Proxy::local "x";\n')).toEqual({http_proxy: 'http://p:1'})
    expect([takesOldLists('Acquire::Check-Valid-Until "false";\n'), takesOldLists('Acquire::Check-Valid-Until "true";\n'), takesOldLists('')]).toEqual([true, false, false])
  })

  it('names of templates count', () => {
    const name = {system: 'debian-13-standard', version: '13.1', architecture: 'arm64'}
    expect(freeTemplateName(name, ['debian-13-standard_13.1-1_arm64.tar.zst', 'debian-13-standard_13.1-3_arm64.tar.zst'])).toBe('debian-13-standard_13.1-2_arm64.tar.zst')
    expect(parseDebianVersion('12.15\n')).toBe('12.15')
    for (const wrong of ['', 'trixie/sid', '../13', '13.1 x']) expect(() => parseDebianVersion(wrong)).toThrow(/no release/)
  })
})
