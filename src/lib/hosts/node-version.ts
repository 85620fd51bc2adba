// Which Node.js the agent runs on, and what to say of a host that has none of that kind. Pure.
import {NotFoundError, printable} from '../base/index.ts'

/** The rule of package.json. */
const leastNode = [20, 19] as const

/** @param version as node says it (`v20.19.0`) or as a Debian package has it (`20.19.2+dfsg-1`) */
export function isNewEnough(version: string): boolean {
  const [, major = '0', minor = '0'] = /^v?(\d{1,4})\.(\d{1,4})\./.exec(version) ?? []
  return Number(major) > leastNode[0] || (Number(major) === leastNode[0] && Number(minor) >= leastNode[1])
}

export interface NodeWanted {
  /** The host as the user knows it. */
  readonly host: string
  /** `corral host add h1 …`, to be repeated. */
  readonly command: string
  /** What the host has; empty when there is none. */
  readonly found: string
  /** What its package sources offer; empty when that is not known. */
  readonly offered: string
}

/** What is missing, and each way to get it. */
export function noNode({host, command, found, offered}: NodeWanted): NotFoundError {
  const words = (version: string) => printable(version.replace(/^v/, '')).slice(0, 40)
  const details = [...(found === '' ? [] : [`it has ${words(found)}`]), ...(offered === '' || isNewEnough(offered) ? [] : [`its Debian offers ${words(offered)}`])]
  return new NotFoundError(`${host} has no Node.js ${leastNode.join('.')} or later, which the agent needs${details.length === 0 ? '' : `: ${details.join(' and ')}`}`, {
    nextSteps: isNewEnough(offered) || offered === '' ? [`Let it be installed: ${command} --setup`, 'Or on the host: apt-get install nodejs'] : [
      'Upgrade the host to Debian 13, whose nodejs is new enough.',
      `Or put a newer Node.js into /usr/local of the host (the archives of nodejs.org hold bin, lib and share), so that /usr/local/bin/node is it; then again: ${command} --setup`,
    ],
  })
}
