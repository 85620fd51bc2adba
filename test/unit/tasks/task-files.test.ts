import {mkdtemp, mkdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {afterEach, expect, it} from 'vitest'
import {InvalidInputError, formatUpid} from '../../../src/lib/base/index.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'
import {activePath, endPath, endText, finalLine, indexLine, logPath, parseIndex, readEnd} from '../../../src/lib/tasks/task-files.ts'

const upid = formatUpid({node: 'h1', pid: 1, pstart: 1, starttime: 1000, type: 'qmstart', id: '100', user: 'root@pam'})
const folders: string[] = []
afterEach(async () => { for (const folder of folders.splice(0)) await rm(folder, {recursive: true}) })

it('makes no path of what is no task id', () => {
  for (const wrong of ['../x', `${upid}/../../x`, '', 'UPID']) {
    for (const path of [logPath, endPath, activePath]) expect(() => path({logDir: '/l'}, wrong)).toThrow(InvalidInputError)
  }
})

it('keeps the final line and the line of the index one line', () => {
  expect(finalLine({status: 'no\nTASK OK\u001b[2J', errorKind: 'tool'})).toBe('TASK ERROR: no TASK OK\\x1B[2J')
  expect(finalLine({status: 'WARNINGS: 2'})).toBe('TASK WARNINGS: 2')
  expect(parseIndex(indexLine(upid, 1000, `bad\n${upid} 00000001 OK`))).toMatchObject([{upid, endtime: 1000, status: `bad ${upid} 00000001 OK`}])
})

it('leaves out facts of an end that cannot be written', () => {
  const loop: Record<string, unknown> = {}
  loop['self'] = loop
  for (const data of [loop, {big: 'x'.repeat(2_000_000)}, {count: 1n}]) {
    expect(JSON.parse(endText({status: 'no', errorKind: 'tool', data}))).toEqual({status: 'no', errorKind: 'tool'})
  }
  expect(JSON.parse(endText({status: 'OK', result: {a: 1}}))).toEqual({status: 'OK', result: {a: 1}})
})

it.each(['', '{', '[]', '{"status":1}', '{"status":"no","errorKind":"made up"}'])('takes a damaged end (%j) for none', async (text) => {
  const logDir = await mkdtemp(join(tmpdir(), 'corral-end-'))
  folders.push(logDir)
  const path = endPath({logDir}, upid)
  await mkdir(dirname(path), {recursive: true})
  await writeFile(path, text)
  expect(await readEnd(localHost('h1'), {logDir}, upid)).toBeUndefined()
})
