// Options whose values are paths of files.
import {resolve} from 'node:path'
import {afterEach, expect, it, vi} from 'vitest'
import {catalog} from '../../../src/lib/catalog.ts'
import {withFileValues} from '../../../src/lib/cli/file-values.ts'

afterEach(() => { vi.restoreAllMocks() })

async function push(file: string): Promise<unknown> {
  const spec = (await catalog.commands['pct push']?.spec())?.spec
  if (spec === undefined) throw new Error('there is no pct push')
  return (await withFileValues(spec, {vmid: 100, file, destination: '/x'}))['file']
}

it('are whole paths for the command', async () => {
  expect([await push('a/b'), await push('/a/../b')]).toEqual([resolve('a/b'), '/b'])
})

it('in a folder that is gone, only those that need it are refused', async () => {
  vi.spyOn(process, 'cwd').mockImplementation(() => { throw Object.assign(new Error('uv_cwd'), {code: 'ENOENT'}) })
  expect(await push('/a/b')).toBe('/a/b')
  await expect(push('b')).rejects.toMatchObject({kind: 'invalid-input', message: expect.stringContaining('--file is a path from the folder that you are in, which is not there any more') as string})
})
