// Waits for the end of a virtual machine.
import {UnavailableError} from '../../../base/index.ts'
import {handleRead} from '../../../tasks/index.ts'
import {readGuest} from '../guest-files.ts'
import {runtimeStatus, waitForEnd} from '../runtime/status.ts'
import {limitMs} from '../runtime/timeouts.ts'
import {spec} from './wait.spec.ts'

export const handler = handleRead(spec, async ({vmid, timeout}, context): Promise<null> => {
  await readGuest(vmid, context)
  const process = await runtimeStatus(vmid, context)
  if (process === undefined) return null
  const notice = (line: string) => { if (context.log.notice === undefined) context.log.info(line); else context.log.notice(line) }
  notice(`waiting until virtual machine ${vmid} has ended (process ${process.pid})`)
  if (timeout !== undefined && !await waitForEnd(process, limitMs(timeout), context)) {
    throw new UnavailableError(`virtual machine ${vmid} is still running after ${timeout} s`, {data: {vmid}})
  }
  while (timeout === undefined && !await waitForEnd(process, limitMs(0), context)) continue
  return null
})
