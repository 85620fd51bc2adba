// What must hold after anything that went wrong: no journal is left, every volume that a configuration names is there, and every volume
// of a guest is named by one.
import {expect} from 'vitest'
import {parseQemuConfig} from '../../../src/lib/guest/qemu/config/index.ts'
import {referencedVolumes} from '../../../src/lib/guest/qemu/pending.ts'
import type {Context} from '../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../src/lib/tasks/journal.ts'
import {resultOf} from './in-process.ts'

/** @param loose volumes that may be there without a configuration */
export async function expectConsistent(context: Context, what: string, loose: readonly string[] = []): Promise<void> {
  expect(await readJournals(context.store), `journals after ${what}`).toEqual([])
  const files = (await context.store.list(`nodes/${context.node}/qemu-server`)).filter(({path}) => path.endsWith('.conf'))
  const named = files.flatMap(({data}) => referencedVolumes(parseQemuConfig(data))).sort()
  const there = (await resultOf(['pvesm', 'list', 'local', '--content', 'images'], context) as {volid: string}[]).map(({volid}) => volid)
  expect(there.filter((volume) => !loose.includes(volume)).sort(), `volumes after ${what}`).toEqual(named)
}
