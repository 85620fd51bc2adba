// Where root may log in, for distributions that ask /etc/securetty: LXC's terminals are added. Without the file, root may everywhere.
import {put} from '../setup.ts'
import type {Setup} from '../setup.ts'

const path = '/etc/securetty'
const terminals = ['lxc/console', 'lxc/tty1', 'lxc/tty2', 'lxc/tty3', 'lxc/tty4']

export async function securetty(at: Setup): Promise<void> {
  const text = await at.tree.readText(path)
  if (text !== undefined) await put(at, path, securettyText(text))
}

/** Pure. Done again it changes nothing. */
export function securettyText(text: string): string {
  const lines = text.split('\n')
  const missing = terminals.filter((terminal) => !lines.includes(terminal))
  if (missing.length === 0) return text
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${missing.join('\n')}\n`
}
