// The time zone: /etc/localtime as a link to the zone's file, with its name in /etc/timezone where there is such a file (Debian and those that come of it).
import {putLink, put, isIgnored} from '../setup.ts'
import type {Setup} from '../setup.ts'

const folder = '/usr/share/zoneinfo'
const path = '/etc/localtime'

export async function timeZone(at: Setup): Promise<void> {
  const {tree, facts: {zone}} = at
  if (zone === undefined) return
  if (zone.name !== undefined && (await tree.stat(`${folder}/${zone.name}`))?.kind === 'file') {
    await putLink(at, path, `${folder}/${zone.name}`)
  } else if (zone.data !== undefined) {
    await putZone(at, zone.data)
  } else {
    at.warn(`neither the container nor this host knows the time zone ${zone.name ?? 'of the host'}; install tzdata in the container`)
    return
  }
  if (zone.name !== undefined && await tree.stat('/etc/timezone') !== undefined) await put(at, '/etc/timezone', `${zone.name}\n`)
}

/** A container without tzdata gets the zone itself. */
async function putZone({tree, owner}: Setup, data: Buffer): Promise<void> {
  if (await isIgnored(tree, path)) return
  const isLink = await tree.readLink(path) !== undefined
  if (!isLink && (await tree.read(path))?.equals(data) === true) return
  await tree.write(path, data, {...owner, mode: 0o644})
}
