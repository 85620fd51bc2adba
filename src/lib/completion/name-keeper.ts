// Keeps the names of this installation's objects for completion; the framework calls it after commits and tasks (tasks/catalog-entry.ts).
import type {NameKeeper} from '../tasks/index.ts'
import {recentTasks} from '../tasks/task-index.ts'
import {nameLine, namesText} from './name-files.ts'
import {namesFolder, refreshNames, writeNames} from './refresh-names.ts'

/** Of the tasks that ended. */
const offeredTasks = 50

export const nameKeeper: NameKeeper = {
  afterCommits: refreshNames,
  afterTask: async ({host, places}) => {
    const tasks = (await recentTasks({host, places})).slice(0, offeredTasks)
    const lines = tasks.flatMap(({upid, status}) => nameLine('tasks', [upid, (status ?? 'running').slice(0, 60)]) ?? [])
    await host.files.makeDirectory(namesFolder(places), 0o755)
    await writeNames('tasks', namesText('tasks', lines, 0), {host, places})
  },
}
