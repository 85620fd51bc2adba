// A worker that freezes guest 100 and then hangs, to be killed: what `qm snapshot` is in that moment.
import {freezeSteps} from '../../../../../src/lib/guest/qemu/agent/index.ts'
import {guestLockName} from '../../../../../src/lib/guest/qemu/guest-files.ts'
import {catalog} from '../../../../../src/lib/catalog.ts'
import {localContext, withLocks} from '../../../../../src/lib/tasks/index.ts'
import {carryOut} from '../../../../../src/lib/tasks/carry-out.ts'

const log = {info: () => undefined, warn: (line: string) => { process.stderr.write(`${line}\n`) }, progress: () => undefined}
const {context} = await localContext({env: process.env, catalog, workerArgv: [], log, signal: new AbortController().signal, uid: 0})
const {freeze, thaw} = freezeSteps(100, {agent: '1'})
const hang = {do: {kind: 'run', argv: ['sleep', '5']}}
const wish = {names: [guestLockName(100)], reason: 'a test', timeoutMs: 5_000}
await withLocks(wish, context, (_held, locks) => carryOut({steps: [...freeze, hang, ...thaw], whenInterrupted: 'undo'}, locks, 'qm snapshot 100'))
