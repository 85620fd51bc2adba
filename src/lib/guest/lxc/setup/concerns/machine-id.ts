// The machine's own number (machine-id(5)), which no two containers may have in common: DHCP servers tell them apart by it. Emptied, so that systemd makes
// one at the next start; without systemd, D-Bus makes its own.
import {hasAny} from '../setup.ts'
import type {Setup} from '../setup.ts'

const path = '/etc/machine-id'
const ofDbus = '/var/lib/dbus/machine-id'

export async function machineId(at: Pick<Setup, 'tree' | 'owner'>): Promise<void> {
  const {tree, owner} = at
  const text = await tree.readText(path, 4096)
  // An empty one is made up anew as well, and `uninitialized` says that this is a first start.
  if (text !== undefined && /^[0-9a-f]{32}\s*$/.test(text)) {
    if (await hasSystemd(at)) await tree.write(path, '', {...owner, mode: 0o444})
    else await tree.remove(path)
  }
  if ((await tree.stat(ofDbus, {followLinks: false}))?.kind === 'file') await tree.remove(ofDbus)
}

export async function hasSystemd(at: Pick<Setup, 'tree'>): Promise<boolean> {
  return hasAny(at, '/usr/lib/systemd/systemd', '/lib/systemd/systemd')
}
