// The process that writes an archive, for tests that let it stand still.
import {readFileSync, readdirSync} from 'node:fs'
import {waitUntil} from './installation.ts'
import type {Answer} from './installation.ts'

const beginsWithinMs = 240_000

/** The process that writes the archive of this call. @param folder where archives are @throws when the call ends before it is there */
export async function archiveWriter(folder: string, call: Promise<Answer>): Promise<number> {
  let ended: Answer | undefined
  void call.then((answer) => { ended = answer })
  let found: number | undefined
  await waitUntil('the archive to be written', () => (found = writerInto(folder)) !== undefined || ended !== undefined, beginsWithinMs)
  if (found === undefined) throw new Error(`the backup is over: ${ended?.stderr ?? ''}`)
  return found
}

/** Does something while nothing of the archive of this call is taken, and gives the call's answer. */
export async function whileTargetStandsStill(folder: string, call: Promise<Answer>, work: () => Promise<unknown>): Promise<Answer> {
  const writer = await archiveWriter(folder, call)
  process.kill(writer, 'SIGSTOP')
  try {
    await work()
  } finally {
    letGo(writer)
  }
  return call
}

function writerInto(folder: string): number | undefined {
  const found = readdirSync('/proc').find((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')
      return words.some((word) => word.startsWith(`of=${folder}/`))
    } catch {
      return false
    }
  })
  return found === undefined ? undefined : Number(found)
}

/** A backup that was given up meanwhile has ended it. */
function letGo(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
