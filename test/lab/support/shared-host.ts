// The lab's shared host as a Host, for a test file: connected by its first test, left after its last.
import {afterAll, inject} from 'vitest'
import type {Host} from '../../../src/lib/host/index.ts'
import {connectSsh} from '../../../src/lib/host/ssh/index.ts'
import {sshOptions} from './lab.ts'
import {openRemoteHost} from './remote-host.ts'

let opened: Promise<{host: Host; close: () => void}> | undefined

async function open(): Promise<{host: Host; close: () => void}> {
  const {home, name} = inject('lab')
  const connection = await connectSsh({host: name}, sshOptions(home))
  const remote = await openRemoteHost(name, connection)
  return {host: remote.host, close: () => { remote.close(); connection.close() }}
}

export async function sharedHost(): Promise<Host> {
  opened ??= open()
  return (await opened).host
}

/** By the kernel's name: zpool waits in vain for links to partitions when udev is late. @param number from 1; docs/lab.md says who has which */
export function spareDisk({files}: Host, number: number): Promise<string> {
  return files.realPath(`/dev/disk/by-id/virtio-disk${number}`)
}

afterAll(async () => { (await opened)?.close() })
