import {execFile} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {promisify} from 'node:util'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {InvalidInputError, NotFoundError, ToolError} from '../../../src/lib/base/index.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'
import {
  allTaps, bridgeCommand, checkBridgeName, formatTapSettings, guestTaps, parseBridge, parseTapName, requireBridge, tapName,
} from '../../../src/lib/network/index.ts'

const run = promisify(execFile)
const host = localHost('h1')

describe('tap devices', () => {
  it('have names that fit and can be read back', () => {
    expect(tapName(999_999_999, 31)).toHaveLength(15)
    expect(parseTapName('tap100i0')).toEqual({vmid: 100, index: 0})
    for (const name of ['tap1i0', 'tap0100i0', 'tap100i', 'tap100i100', 'xtap100i0', 'tap100i0x', 'veth100i0']) expect(parseTapName(name)).toBeUndefined()
  })

  it('have their settings a line each', () => {
    expect(formatTapSettings({tap: 'tap100i0', bridge: 'vmbr0', mtu: 1400, rateBytesPerSecond: 1_000_000})).toBe('bridge vmbr0\nmtu 1400\nrate 1000000\n')
    expect(formatTapSettings({tap: 'tap100i0', bridge: 'vmbr0'})).toBe('bridge vmbr0\n')
    expect(formatTapSettings({tap: 'tap100i0', bridge: 'vmbr0', tag: 5, trunks: ['7', '10-20']})).toBe('bridge vmbr0\ntag 5\ntrunks 7 10-20\n')
  })

  it.each([
    {tap: 'tap100i0/../x', bridge: 'vmbr0'}, {tap: 'tap100i0', bridge: 'vmbr0\nrate 1'}, {tap: 'tap100i0', bridge: 'vm br'}, {tap: 'tap100i0', bridge: '-x'},
    {tap: 'tap100i0', bridge: 'a'.repeat(16)}, {tap: 'tap100i0', bridge: 'vmbr0', mtu: 1.5}, {tap: 'tap100i0', bridge: 'vmbr0', mtu: 70_000},
    {tap: 'tap100i0', bridge: 'vmbr0', rateBytesPerSecond: 0}, {tap: 'tap100i0', bridge: 'vmbr0', rateBytesPerSecond: Number.NaN},
    {tap: 'tap100i0', bridge: 'vmbr0', tag: 4095}, {tap: 'tap100i0', bridge: 'vmbr0', trunks: ['20-10']}, {tap: 'tap100i0', bridge: 'vmbr0', trunks: ['1-2-3']}, {tap: 'tap100i0', bridge: 'vmbr0', trunks: ['5;x']},
  ])('refuse what cannot stand there: %j', (settings) => {
    expect(() => formatTapSettings(settings)).toThrow(InvalidInputError)
  })

  it('are found on the host', async () => {
    expect(await guestTaps(999_999_998, host)).toEqual([])
    expect(Array.isArray(await allTaps(host))).toBe(true)
  })
})

describe('bridges', () => {
  it.each(['vmbr0', 'br-lan', 'a.b_c-1', 'x'.repeat(15)])('may be called %s', (name) => { expect(() => checkBridgeName(name, 'net0')).not.toThrow() })
  it.each(['', '-x', '.x', 'x'.repeat(16), 'a b', 'a/b', 'a\nb', 'ä', '$(x)', 'a;b'])('may not be called %j', (name) => {
    expect(() => checkBridgeName(name, 'net0')).toThrow(InvalidInputError)
  })

  it('that are missing come with the command that makes them', async () => {
    const failure = await requireBridge('cr-none-such', 'net3', host).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(NotFoundError)
    expect((failure as NotFoundError).message).toBe("there is no bridge 'cr-none-such' on this host (net3)")
    expect((failure as NotFoundError).nextSteps[0]).toContain(bridgeCommand('cr-none-such'))
  })

  it('are not what another device is', async () => {
    await expect(requireBridge('lo', 'net0', host)).rejects.toBeInstanceOf(NotFoundError)
  })

  it('are read from what ip says', () => {
    expect(parseBridge('[{"ifname":"vmbr0","mtu":1400}]', 'h1')).toEqual({mtu: 1400})
    for (const text of ['', '[]', '[{}]', '{}', 'null']) expect(parseBridge(text, 'h1')).toBeUndefined()
    expect(() => parseBridge('Cannot open', 'h1')).toThrow(ToolError)
  })
})

describe('the network script', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tap-'))
    mkdirSync(join(folder, 'qemu-server/network'), {recursive: true})
  })
  afterEach(() => rmSync(folder, {recursive: true, force: true}))

  async function refusal(tap: string, settings?: string): Promise<string> {
    if (settings !== undefined) writeFileSync(join(folder, 'qemu-server/network', tap), settings)
    return run(resolve('libexec/pve-bridge'), [tap], {env: {CORRAL_RUN_DIR: folder}}).then(
      () => 'accepted', (error: {code: number; stderr: string}) => `${error.code} ${error.stderr.trim()}`)
  }

  it.each(['', 'eth0', 'tap', 'tapxi0', 'tap100', 'tap100i0;id', '../tap100i0', 'tap100i0/x', '-h', 'tap100i0i1'])('takes no device called %j', async (name) => {
    expect(await refusal(name)).toBe(`1 pve-bridge: '${name}' is not the name of a guest's tap device`)
  })

  it('wants settings', async () => {
    expect(await refusal('tap100i0')).toMatch(/^1 pve-bridge: there are no settings for tap100i0/)
  })

  it.each(['', 'bridge \n', 'bridge -x\n', 'bridge $(touch x)\n', 'bridge a;b\n', 'bridge ../x\n', 'bridge a b\n'])('takes no bridge from %j', async (settings) => {
    expect(await refusal('tap100i0', settings)).toBe('1 pve-bridge: the bridge of tap100i0 is not named properly')
  })

  it.each(['bridge vmbr0\nmtu x\n', 'bridge vmbr0\nrate 1;id\n', 'bridge vmbr0\nmtu -1\n', 'bridge vmbr0\nrate $(id)\n'])('takes no numbers from %j', async (settings) => {
    expect(await refusal('tap100i0', settings)).toBe('1 pve-bridge: the settings of tap100i0 are damaged')
  })

  it('says which bridge is missing', async () => {
    expect(await refusal('tap100i0', 'bridge cr-none-such\nunknown thing\n')).toBe('1 pve-bridge: there is no bridge cr-none-such for tap100i0')
  })
})
