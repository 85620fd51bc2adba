// What `pct console` runs, by the key `cmode`: a terminal with a login, /dev/console, or a shell. Pure.
import {InvalidInputError} from '../../../base/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {isYes} from '../../guest-files.ts'
import {attachArgv} from './attach.ts'
import {containerPaths} from './paths.ts'

/**
 * lxc-console takes the first terminal that nobody has; 0 is /dev/console.
 * @throws InvalidInputError when the container has none
 */
export function consoleArgv(places: Context['places'], vmid: number, values: Readonly<Record<string, string>>, escape: string): string[] {
  const {cmode = 'tty', tty = '2'} = values
  if (cmode === 'shell') return attachArgv(places, vmid, false, [])
  const isConsole = cmode === 'console'
  if (isConsole && values['console'] !== undefined && !isYes(values['console'])) throw noTerminal(vmid, 'no console', ['console'], `pct set ${vmid} --console 1`)
  if (!isConsole && Number(tty) === 0) throw noTerminal(vmid, 'no terminal', ['tty', 'cmode'], `pct set ${vmid} --tty 2`)
  return ['lxc-console', '-P', containerPaths(places, vmid).lxcPath, '-n', String(vmid), ...(isConsole ? ['-t', '0'] : []), '-e', escape]
}

function noTerminal(vmid: number, what: string, keys: readonly string[], step: string): InvalidInputError {
  return new InvalidInputError(`container ${vmid} has ${what}, by its keys ${keys.map((key) => `'${key}'`).join(' and ')}`, {}, {nextSteps: [`Give it one, and restart it: ${step}`, `Or open a shell: pct enter ${vmid}`]})
}
