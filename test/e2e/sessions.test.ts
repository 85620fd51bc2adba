// The recorded sessions of docs/sessions are what a user sees today. `npm run sessions` records them anew.
import {spawnSync} from 'node:child_process'
import path from 'node:path'
import {expect, test} from 'vitest'
import {guestIso} from './support/guest-iso.ts'

const root = path.resolve(import.meta.dirname, '../..')

test('docs/sessions shows what is so', async () => {
  const {stdout, stderr, status} = spawnSync(process.execPath, [path.join(root, 'scripts/sessions.mjs'), '--check', '--iso', await guestIso()], {encoding: 'utf8', timeout: 230_000})
  expect([status, stdout, stderr]).toEqual([0, '', ''])
}, 240_000)
