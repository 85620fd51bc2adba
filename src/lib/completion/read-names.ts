// The names of this installation, for a client on another machine: what the agent gives to the keeper of its connection.
import type {Places} from '../base/index.ts'
import type {Host} from '../host/index.ts'
import {maxNamesBytes, nameFiles, nameLine, namesText, type Names} from './name-files.ts'

/** The text of each file that there is, and the bridges of the host. Never fails: what cannot be read is left out. */
export async function readNames({host, places}: {readonly host: Pick<Host, 'files'>; readonly places: Places}): Promise<Names> {
  const read = await Promise.all(nameFiles.filter((file) => file !== 'bridges').map(async (file) => {
    const text = await host.files.readText(`${places.stateDir}/completion/${file}`, maxNamesBytes).catch(() => undefined)
    return text === undefined ? [] : [[file, text] as const]
  }))
  return Object.fromEntries([...read.flat(), ['bridges', namesText('bridges', await bridgeLines(host), 0)]])
}

/** A network device with a folder `bridge` is one (Documentation/ABI/testing/sysfs-class-net). */
async function bridgeLines({files}: Pick<Host, 'files'>): Promise<readonly string[]> {
  const devices = await files.list('/sys/class/net').catch(() => [])
  const bridges = await Promise.all(devices.map(async (device) => (await files.stat(`/sys/class/net/${device}/bridge`).catch(() => undefined)) === undefined ? [] : [device]))
  return bridges.flat().flatMap((bridge) => nameLine('bridges', [bridge]) ?? [])
}
