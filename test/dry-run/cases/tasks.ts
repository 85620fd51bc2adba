// Tasks and the doctor.
import {spawn} from 'node:child_process'
import {mkdirSync, writeFileSync} from 'node:fs'
import {dirname} from 'node:path'
import {onTestFinished} from 'vitest'
import {formatUpid, upidLogPath} from '../../../src/lib/base/index.ts'
import type {DryRunCases} from '../support/case.ts'
import type {World} from '../support/world.ts'

/** A task whose worker is a process that does nothing but obey. */
async function runningTask({context}: World): Promise<string> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {stdio: 'ignore'})
  onTestFinished(() => { child.kill('SIGKILL') })
  const identity = await context.host.process(child.pid ?? 0)
  if (identity === undefined) throw new Error('the process did not start')
  const upid = formatUpid({node: 'h1', pid: identity.pid, pstart: Number(identity.startTime), starttime: 1000, type: 'qmstart', id: '100', user: 'root@pam'})
  for (const path of [`${context.places.logDir}/${upidLogPath(upid)}`, `${context.places.logDir}/tasks/active/${upid}`]) {
    mkdirSync(dirname(path), {recursive: true})
    writeFileSync(path, '')
  }
  return upid
}

export const cases: DryRunCases = {
  'corral task stop': [{
    arrange: async (world) => ['corral', 'task', 'stop', await runningTask(world)],
    shows: /^kill -TERM \d+$/m,
  }],
  'corral doctor': [
    {
      about: 'with nothing to do',
      arrange: async () => ['corral', 'doctor'],
      shows: /^Nothing would be changed\.$/m,
    },
    {
      about: 'after a write that was interrupted',
      arrange: async ({context}) => {
        writeFileSync(`${context.places.runDir}/.corral-4000000-1-0a.tmp`, 'half')
        return ['corral', 'doctor']
      },
      shows: /^rm -f -- .*tmp$/m,
    },
    {
      about: 'after a creation that was killed',
      arrange: async ({context}) => {
        const text = 'memory: 32\n'
        const path = 'nodes/h1/qemu-server/100.conf'
        await context.store.commit({put: {[path]: text}})
        const head = {id: 'abc', command: 'qm create 100', locks: ['guest/100'], whenInterrupted: 'undo', node: 'h1', pid: 4_000_000, processStart: '1', sinceMs: 0}
        const undo = {kind: 'store.commit', files: [{path, before: text, after: null}]}
        await context.store.commit({put: {'journal/abc/head': JSON.stringify(head), 'journal/abc/0001': JSON.stringify({number: 1, undo})}})
        return ['corral', 'doctor']
      },
      shows: /^-memory: 32$/m,
    },
  ],
}
