import {mkdir, readFile, readdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, it} from 'vitest'
import {formatUpid} from '../../../src/lib/base/index.ts'
import {indexLine, logPath, maxIndexBytes} from '../../../src/lib/tasks/task-files.ts'
import {archiveTask, endedTasks} from '../../../src/lib/tasks/task-index.ts'
import {installation} from './demo/installation.ts'

const upid = (number: number) => formatUpid({node: 'h1', pid: 4_000_000, pstart: number, starttime: 1000, type: 'qmstart', id: '100', user: 'root@pam'})

it('keeps the list of tasks and their logs within bounds, when several workers end at once', async () => {
  const {open} = await installation()
  const context = await open()
  const {places} = context
  const folder = join(places.logDir, 'tasks/8')
  await mkdir(folder, {recursive: true})
  const full = Math.ceil(maxIndexBytes / indexLine(upid(1), 1000, 'OK').length)
  const fill = (name: string, from: number) => writeFile(join(places.logDir, 'tasks', name), Array.from({length: full}, (_, i) => indexLine(upid(from + i), 1000, 'OK')).join(''))
  await fill('index.1', 1)
  await fill('index', 1_000_000)
  for (const number of [1, 1_000_000]) await writeFile(logPath(places, upid(number)), 'TASK OK\n')

  await Promise.all([2_000_000, 2_000_001, 2_000_002].map((number) => archiveTask(upid(number), 'OK', context)))
  expect(await readdir(folder)).toEqual([upid(1_000_000)])
  const tasks = await endedTasks(context)
  expect(tasks.length).toBe(full + 3)
  expect((await readFile(join(places.logDir, 'tasks/index.1'), 'utf8')).startsWith(upid(1_000_000))).toBe(true)
  expect(await context.store.lockHolder('tasks/index')).toBeUndefined()
})
