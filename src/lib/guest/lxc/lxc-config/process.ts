// The first process of a container, its environment and its terminals. Pure.
import {InvalidInputError} from '../../../base/index.ts'
import type {LxcLine} from './build-lxc-config.ts'

const isNo = (text: string | undefined) => text !== undefined && /^(?:0|off|no|false)$/i.test(text)

export function processLines(values: Readonly<Record<string, string>>): LxcLine[] {
  const {entrypoint, env, tty = '2'} = values
  return [
    ...(entrypoint === undefined ? [] : [['lxc.init.cmd', entrypoint] as const]),
    ...(env === undefined ? [] : env.split('\0').map(variable)),
    ['lxc.tty.max', tty],
    ...(isNo(values['console']) ? [['lxc.console.path', 'none'] as const] : []),
    // systemd halts at SIGRTMIN+3; the init of others takes SIGPWR. LXC finds out which it is.
    ['lxc.environment', 'TERM=linux'],
  ]
}

/**
 * The words of an entrypoint with quotes, to be given to lxc-start: what it finds in its configuration it takes apart at every blank, quotes or not.
 * Within quotes of either kind all characters stand for themselves.
 * @returns undefined for one without quotes, which its configuration says as well
 * @throws InvalidInputError for a quote without its end
 */
export function entrypointWords(entrypoint: string | undefined): readonly string[] | undefined {
  if (entrypoint === undefined || !/["']/.test(entrypoint)) return undefined
  const words = entrypoint.match(/(?:[^\s"']|"[^"]*"|'[^']*')+|["']/g) ?? []
  if (words.some((word) => word === '"' || word === "'")) throw new InvalidInputError("'entrypoint' has a quote without its end", {entrypoint: 'has a quote without its end'})
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, (_all, double: string | undefined, single: string | undefined) => double ?? single ?? ''))
}

/** LXC reads the rest of the line, so a variable may hold everything but the end of one. @throws InvalidInputError */
function variable(text: string): LxcLine {
  if (/^\w+=[^\u0000-\u001f\u007f]*$/.test(text)) return ['lxc.environment', text]
  throw new InvalidInputError(`'env' holds '${text.split('=', 1)[0]?.slice(0, 40) ?? ''}', which cannot be told to LXC: line ends and other control characters`, {env: 'holds control characters'})
}
