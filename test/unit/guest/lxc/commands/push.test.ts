// Files that are pushed into a container that does not run.
import {readFileSync, readdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, it} from 'vitest'
import {writeTemplate} from '../../../../support/container-template.ts'
import {machineRoom} from '../../qemu/support/run-qm.ts'
import {pct} from '../support/kill-everywhere.ts'

it('go to folders that are there, and the error names one that is not as the container has it', async () => {
  const place = await machineRoom()
  const warnings: string[] = []
  const plain = await place.open()
  const context = {...plain, log: {...plain.log, warn: (text: string) => { warnings.push(text) }}}
  writeTemplate(join(place.root, 'lib/vz/template/cache/small.tar.gz'))
  await pct('create', {vmid: 200, ostemplate: 'local:vztmpl/small.tar.gz', rootfs: 'local:0', unprivileged: '0'}, context)
  const file = join(place.root, 'file')
  writeFileSync(file, 'said')
  const top = join(place.root, 'lib/vz/images/200/subvol-200-disk-0.subvol')
  const before = readdirSync(top)
  const push = (destination: string) => pct('push', {vmid: 200, file, destination}, context)
  await push('/etc/said')
  await push('/said')
  expect([readFileSync(join(top, 'etc/said'), 'utf8'), readFileSync(join(top, 'said'), 'utf8')]).toEqual(['said', 'said'])
  await expect(push('/etc/nowhere/x')).rejects.toMatchObject({kind: 'not-found', message: 'there is no folder /etc/nowhere in container 200'})
  await expect(push('/etc/hostname/x')).rejects.toMatchObject({kind: 'not-found', message: 'there is no folder /etc/hostname in container 200'})
  expect(readdirSync(top)).toEqual([...before, 'said'].sort())
  expect(warnings).toEqual([])
}, 120_000)
