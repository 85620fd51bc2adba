import {expect, it} from 'vitest'
import {InvalidInputError, NotFoundError} from '../../../src/lib/base/index.ts'
import {findVmidByName} from '../../../src/lib/guest/guest-names.ts'

const files = {
  'nodes/h1/qemu-server/100.conf': 'name: web\n\n[before]\nname: old\n',
  'nodes/h2/qemu-server/101.conf': 'name: twin\n',
  'nodes/h1/lxc/102.conf': 'hostname: twin\nname: not-a-key\n',
  'nodes/h1/qemu-server/103.conf': 'name: 3cx\n',
}
const store = {list: async () => Object.entries(files).map(([path, data]) => ({path, data, revision: 1, digest: '', mtimeMs: 0}))}

it('finds the one guest of a name, on any node', async () => {
  expect(await findVmidByName('web', store)).toBe(100)
  expect(await findVmidByName('3cx', store)).toBe(103)
})

it('leaves digits, and words that are no names, to the check of numbers', async () => {
  for (const word of ['100', '1e9', '0x64', '-1', '$(x)', 'a\nb', '', '../x']) expect(await findVmidByName(word, store)).toBeUndefined()
})

it('refuses names that nobody or more than one has', async () => {
  await expect(findVmidByName('old', store)).rejects.toThrow(NotFoundError)
  await expect(findVmidByName('not-a-key', store)).rejects.toThrow(NotFoundError)
  const refusal = await findVmidByName('twin', store).then(() => undefined, (error: unknown) => error)
  expect(refusal).toBeInstanceOf(InvalidInputError)
  expect(refusal).toMatchObject({message: "several guests are named 'twin': 101, 102"})
})
