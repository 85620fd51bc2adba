// A machine that has started without keys for Secure Boot gets them: its firmware starts nothing after that which nobody signed, and keeps its
// boot entries.
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, it} from 'vitest'
import {readVariableStore} from '../../src/lib/guest/qemu/efi-vars/variable-store.ts'
import {GuestConsole} from './support/console.ts'
import {Installation} from './support/installation.ts'

const installation = new Installation()
const vmid = '101'
const bootEntries = () => readVariableStore(readFileSync(join(installation.root, 'lib/vz/images/101/vm-101-disk-0.raw'))).variables.filter(({name}) => /^Boot\d/.test(name))

beforeAll(() => installation.mustQm(
  'create', vmid, '--kvm', '0', '--memory', '256', '--bios', 'ovmf', '--machine', 'q35', '--serial0', 'socket', '--efidisk0', 'local:1,efitype=4m',
))
afterAll(() => installation.close())

async function firmwareSays(pattern: RegExp): Promise<void> {
  await installation.mustQm('start', vmid)
  const console = new GuestConsole(installation, 101)
  await console.waitFor(pattern, 120_000)
  expect((await installation.qm('enroll-efi-keys', vmid)).stderr).toContain('virtual machine 101 is running')
  await installation.mustQm('stop', vmid)
  await console.leave()
}

it('starts what is signed, once it has keys', async () => {
  await firmwareSays(/Shell>/)
  const entries = bootEntries()
  expect(entries.length).toBeGreaterThan(0)
  expect(await installation.mustQm('enroll-efi-keys', vmid)).toContain('efidisk0: added to PK: Debian UEFI Secure Boot')
  expect(bootEntries()).toEqual(entries)
  await firmwareSays(/failed to start .*EFI Internal Shell[^]*Security Violation/)
  // The firmware has changed its variables since.
  expect(await installation.mustQm('enroll-efi-keys', vmid)).toContain('nothing was changed')
}, 300_000)
