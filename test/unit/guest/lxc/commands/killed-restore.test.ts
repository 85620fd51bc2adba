// `pct restore` out of a repository in the place of a container whose worker is killed after each journal record and each step: whoever comes next finds the old container whole, or the new
// one, and no lock of the repository.
import {readFileSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {expect, it} from 'vitest'
import {catalog} from '../../../../../src/lib/catalog.ts'
import {checkParams} from '../../../../../src/lib/spec/index.ts'
import {openStorage} from '../../../../../src/lib/storage/index.ts'
import {runHandler} from '../../../../../src/lib/tasks/index.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {writeTemplate} from '../../../../support/container-template.ts'
import {keepContainer} from '../../../../support/kept-container.ts'
import {tarArchive} from '../../../../support/tar-archive.ts'
import {images} from '../../qemu/support/run-qm.ts'
import {killEverywhere} from '../support/kill-everywhere.ts'

const volume = 'kept:backup/ct/101/2026-01-31T12:00:00Z'
const config = async (context: Context) => (await context.store.read('nodes/h1/lxc/200.conf'))?.data ?? ''

async function run(command: string, input: Readonly<Record<string, unknown>>, context: Context): Promise<void> {
  const entry = catalog.commands[command]
  if (entry === undefined) throw new Error(`there is no ${command}`)
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  await runHandler(handler, checkParams(spec.params, input), context)
}

it.each(['RECORD', 'STEP'] as const)('after each %s: it is the old one whole, or the new one whole', async (what) => {
  const kills = await killEverywhere({
    what, command: 'restore', vmids: [200],
    params: {vmid: 200, ostemplate: volume, restore: true, force: true, rootfs: 'local:0', unprivileged: '0'},
    before: async (place, context) => {
      writeTemplate(join(place.root, 'lib/vz/template/cache/small.tar.gz'))
      await run('pvesm add', {storage: 'kept', type: 'restic', path: join(place.root, 'repository'), password: 'a word'}, context)
      const archive = tarArchive([{name: './etc/vzdump/pct.conf', data: 'arch: amd64\nhostname: new\n'}, {name: './etc/passwd', data: 'root:x:0:0::/root:/bin/sh\n'}, {name: './srv/precious', data: 'kept'}])
      expect(await keepContainer('kept', archive, context)).toBe(volume)
      await run('pct create', {vmid: 200, ostemplate: 'local:vztmpl/small.tar.gz', rootfs: 'local:0', unprivileged: '0', hostname: 'old'}, context)
    },
    afterwards: async (place, context) => {
      const text = await config(context)
      const [image = '', ...others] = await images(place)
      expect(others, text).toEqual([])
      expect(text).toContain(`local:${image},`)
      expect(text).not.toMatch(/^lock/m)
      if (!/^hostname: old$/m.test(text)) expect(readFileSync(join(place.root, 'lib/vz/images', image, 'srv/precious'), 'utf8')).toBe('kept')
      else expect(readdirSync(join(place.root, 'lib/vz/images', image))).toContain('sbin')
      await (await openStorage('kept', context)).repository?.use((open) => open.snapshots())
      expect(readdirSync(join(place.root, 'repository/locks'))).toEqual([])
    },
  })
  expect(kills).toBeGreaterThanOrEqual(3)
}, 600_000)
