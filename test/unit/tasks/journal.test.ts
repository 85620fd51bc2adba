// Journals that cannot be read: nothing goes on as if they were not there, and the file is named.
import {expect, it} from 'vitest'
import {readJournals} from '../../../src/lib/tasks/journal.ts'
import {installation} from './demo/installation.ts'

it.each([{'journal/x/head': '{"id"'}, {'journal/x/head': '{}', 'journal/x/0001': 'nonsense'}])('a damaged journal is named: %j', async (put) => {
  const context = await (await installation()).open()
  await context.store.commit({put})
  await expect(readJournals(context.store)).rejects.toMatchObject({kind: 'internal', message: expect.stringMatching(/journal of an unfinished operation is damaged \(journal\/x\/(?:head|0001) in the store\)/) as unknown})
})

it('records without a head are no journal', async () => {
  const context = await (await installation()).open()
  await context.store.commit({put: {'journal/x/0001': 'nonsense'}})
  expect(await readJournals(context.store)).toEqual([])
})
