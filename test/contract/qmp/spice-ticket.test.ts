// The door of a real QEMU's SPICE server: who shows the ticket of the moment is let in, and nobody else.
import {spawn} from 'node:child_process'
import type {ChildProcess} from 'node:child_process'
import {existsSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, it} from 'vitest'
import {withQmp} from '../../../src/lib/guest/qemu/qmp/index.ts'
import {newSpiceTicket, setSpiceTicket} from '../../../src/lib/guest/qemu/runtime/spice-ticket.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'
import {spiceLinkResult} from '../../support/spice-link.ts'

const host = localHost('h1')
const folder = mkdtempSync(join(tmpdir(), 'spice-'))
const [qmp, spice] = [join(folder, 'qmp'), join(folder, 'spice')]
const [letIn, denied] = [0, 7]
let qemu: ChildProcess

beforeAll(async () => {
  // As `vga: qxl` has it (arguments/display.ts), without the rest of a machine.
  qemu = spawn('qemu-system-x86_64', [
    '-machine', 'pc,accel=tcg', '-nodefaults', '-m', '16', '-S', '-device', 'qxl-vga', '-display', 'none', '-spice', `unix=on,addr=${spice},seamless-migration=on`,
    '-chardev', `socket,id=qmp,path=${qmp},server=on,wait=off`, '-mon', 'chardev=qmp,mode=control',
  ], {stdio: 'ignore'})
  for (let round = 0; round < 1000 && !(existsSync(qmp) && existsSync(spice)); round++) await new Promise((resolve) => { setTimeout(resolve, 20) })
}, 30_000)
afterAll(async () => {
  const ended = new Promise((resolve) => { qemu.once('exit', resolve) })
  qemu.kill('SIGKILL')
  await ended
  rmSync(folder, {recursive: true, force: true})
})

it('lets nobody in before there is a ticket', async () => {
  expect(await spiceLinkResult(spice, '')).toBe(denied)
  expect(await spiceLinkResult(spice, 'anything')).toBe(denied)
})

it('lets in who shows the ticket, for every channel, and nobody with another one', async () => {
  const ticket = newSpiceTicket()
  await setSpiceTicket(host, qmp, ticket)
  expect(await spiceLinkResult(spice, `${ticket.slice(0, -1)}!`)).toBe(denied)
  expect(await spiceLinkResult(spice, '')).toBe(denied)
  expect(await spiceLinkResult(spice, ticket)).toBe(letIn)
  expect(await spiceLinkResult(spice, ticket)).toBe(letIn)
})

it('takes a new ticket in the place of the old one, and none that has run out', async () => {
  const [before, after] = [newSpiceTicket(), newSpiceTicket()]
  await setSpiceTicket(host, qmp, before)
  await setSpiceTicket(host, qmp, after)
  expect(await spiceLinkResult(spice, before)).toBe(denied)
  expect(await spiceLinkResult(spice, after)).toBe(letIn)
  // What the clock does thirty seconds later.
  await withQmp(host, qmp, {}, (client) => client.execute('expire_password', {protocol: 'spice', time: 'now'}))
  expect(await spiceLinkResult(spice, after)).toBe(denied)
})
