// Who may log in: root's password and the keys for SSH.
import {withBlock} from '../managed-block.ts'
import {put, textOf} from '../setup.ts'
import type {Setup} from '../setup.ts'

export async function rootPassword(at: Setup): Promise<void> {
  if (at.passwordHash === undefined) return
  const shadow = await textOf(at, '/etc/shadow')
  await put(at, '/etc/shadow', shadowText(shadow, at.passwordHash, at.facts.today), 0o640)
}

/** The hash and the day in root's line, which is added where there is none. Pure. */
export function shadowText(text: string, hash: string, today: number): string {
  const lines = text.split('\n')
  const found = lines.findIndex((line) => line.startsWith('root:'))
  if (found < 0) return `root:${hash}:${today}:0:99999:7:::\n${text}`
  const [name = 'root', , , ...rest] = (lines[found] ?? '').split(':')
  return lines.with(found, [name, hash, String(today), ...rest].join(':')).join('\n')
}

export async function authorizedKeys(at: Setup): Promise<void> {
  if (at.sshKeys === undefined || at.sshKeys.trim() === '') return
  const home = homeOfRoot(await textOf(at, '/etc/passwd'))
  const folder = `${home}/.ssh`
  if (await at.tree.stat(folder) === undefined) await at.tree.makeDirectory(folder, {...at.owner, mode: 0o700})
  const path = `${folder}/authorized_keys`
  await put(at, path, withBlock(await textOf(at, path), `${at.sshKeys.trim()}\n`), 0o600)
}

/** Pure. What is no absolute path is not believed. */
export function homeOfRoot(passwd: string): string {
  const home = passwd.split('\n').find((line) => line.startsWith('root:'))?.split(':')[5] ?? ''
  let end = home.length
  while (home[end - 1] === '/') end--
  return home.startsWith('/') && !home.includes('\0') && end > 0 ? home.slice(0, end) : '/root'
}
