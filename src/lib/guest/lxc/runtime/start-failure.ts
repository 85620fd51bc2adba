// Why a container did not start: the reason is looked for in LXC's log, whose last lines only say that it failed. Pure.
import {ToolError, UnavailableError} from '../../../base/index.ts'

/** Lines that say nothing of the cause. */
const echoes = /Failed to spawn container|container failed to start|To get more details|Additional information can be obtained|expected sequence number|instead of "RUNNING"|Failed to (?:initialize|setup) container|Failed to send SIGKILL|lxc_abort|in early user namespace/i

interface Known { readonly pattern: RegExp; readonly words: (found: RegExpExecArray) => {readonly reason: string; readonly nextSteps: readonly string[]} }

const known: readonly Known[] = [
  {
    pattern: /newuidmap failed to write mapping|newuidmap: uid range \[/,
    words: () => ({reason: 'root may not hand these users to containers', nextSteps: ['Allow it: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 root']}),
  },
  {
    pattern: / - Could not access (\S{1,200})\. Please grant it x access/,
    words: (found) => ({reason: `the container's users may not search the folder ${found[1] ?? ''}`, nextSteps: [`Allow it: chmod o+x ${found[1] ?? ''}`]}),
  },
  {
    pattern: /(?:No such file or directory|Permission denied|Exec format error) - Failed to exec "([^"]{1,200})"/,
    words: (found) => ({
      reason: `its first process could not be run: ${found[1] ?? ''} ${/Exec format/.test(found[0]) ? 'is for another architecture' : /Permission/.test(found[0]) ? 'may not be executed' : 'does not exist in the container'}`,
      nextSteps: ['Look at the keys `entrypoint` and `arch`, and at what the root file system holds.'],
    }),
  },
  {
    pattern: /No such (?:device|file or directory) - Failed to (?:attach|add) "?([^"\s]{1,40})"? to bridge "?([^"\s]{1,40})"?/,
    words: (found) => ({reason: `its interface could not be plugged into the bridge ${found[2] ?? ''}`, nextSteps: [`See whether it is there: ip link show ${found[2] ?? ''}`]}),
  },
  {
    pattern: /File exists - Failed to create veth pair "?([^"\s]{1,40})"?/,
    words: (found) => ({reason: `there is a network device ${found[1] ?? ''} already`, nextSteps: [`If nothing uses it: ip link delete ${found[1] ?? ''}`]}),
  },
  {
    pattern: /Failed to mount "([^"\s]{1,300})" (?:on|onto) "([^"\s]{1,300})"/,
    words: (found) => ({reason: `${found[1] ?? ''} could not be mounted in the container`, nextSteps: ['Look at its mount points, and at the folders that they are mounted on.']}),
  },
]

/** The sentences of a log that say what went wrong, oldest first. */
export function errorsInLog(log: string): string[] {
  const found = log.split('\n').flatMap((line) => {
    const match = /^lxc-start \S+ \d{14}\.\d+ ERROR +\S+ - \S+:\d+ - (.{1,500})$/.exec(line)
    return match === null || echoes.test(match[1] ?? '') ? [] : [match[1] ?? '']
  })
  return [...new Set(found)].slice(-8)
}

/** The error that tells why; everything that is not from lxc-start itself stays as it is. */
export function explainStartFailure(error: unknown, vmid: number, log: string): unknown {
  if (!(error instanceof ToolError)) return error
  const reasons = errorsInLog(log)
  const cause = reasons.length === 0 ? error : new Error(`LXC says: ${reasons.join('; ')}`)
  for (const {pattern, words} of known) {
    const found = pattern.exec(log)
    if (found === null) continue
    const {reason, nextSteps} = words(found)
    return new UnavailableError(`container ${vmid} did not start: ${reason}`, {cause, nextSteps, data: {vmid}})
  }
  return new UnavailableError(`container ${vmid} did not start`, {cause, data: {vmid}, nextSteps: [`See the whole of LXC's log: pct start ${vmid} --debug`]})
}
