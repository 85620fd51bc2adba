// Which shares an SMB server offers, as smbclient(1) tells. The password goes through a file that only root reads.
import {randomBytes} from 'node:crypto'
import {InvalidInputError, ToolError, UnauthenticatedError, UnavailableError} from '../../base/index.ts'
import type {RunResult} from '../../host/index.ts'
import type {Context} from '../../tasks/index.ts'
import {askProgram, filledLines} from './ask-program.ts'

export interface SmbShare {
  readonly share: string
  /** The remark of the server. */
  readonly description: string
}

export interface SmbLogin {
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly domain?: string | undefined
}

/** @throws UnavailableError when the server does not answer or smbclient is not installed, UnauthenticatedError when it does not let us in */
export async function scanCifs(server: string, login: SmbLogin, context: Pick<Context, 'host' | 'places' | 'signal'>): Promise<SmbShare[]> {
  const asked = `the SMB server ${server}`
  if (login.username === undefined && (login.password !== undefined || login.domain !== undefined)) {
    throw new InvalidInputError('a password or a domain belongs to a user', {username: 'is missing'})
  }
  const ask = async (words: readonly string[]): Promise<RunResult> => askProgram({
    // Why it failed is in what it wrote, and it may fail after it has told the shares.
    argv: ['smbclient', '--grepable', ...words, `--list=${server}`], package: 'smbclient', asked, options: {okExitCodes: [0, 1]},
  }, context)
  try {
    return answered(login.username === undefined ? await ask(['--no-pass', '--user=%']) : await withLoginFile(login, context, (path) => ask([`--authentication-file=${path}`])), server, asked)
  } catch (error) {
    throw error instanceof ToolError ? new UnavailableError(`${asked} does not say which shares it has`, {cause: error}) : error
  }
}

/** @throws UnavailableError or UnauthenticatedError when it is a complaint and no list */
function answered({stdout, stderr, exitCode}: RunResult, server: string, asked: string): SmbShare[] {
  if (exitCode === 0 || /^(?:Disk|IPC|Printer)\|/m.test(stdout)) return parseShares(stdout)
  const status = /\bNT_STATUS_[A-Z_]{1,60}/.exec(`${stdout}\n${stderr}`)?.[0] ?? 'no reason was given'
  if (/LOGON_FAILURE|ACCESS_DENIED|ACCOUNT_|PASSWORD_|NO_SUCH_USER/.test(status)) {
    throw new UnauthenticatedError(`${asked} does not let us in (${status})`, {nextSteps: ['Give a user: --username <name> --password <password>']})
  }
  throw new UnavailableError(/NOT_FOUND|UNSUCCESSFUL/.test(status) ? `there is no host by the name of ${server} (${status})` : `${asked} does not answer (${status})`)
}

/** Pure: lines `Disk|name|remark`. Shares that the server hides by a dollar sign at their end are left out. */
export function parseShares(text: string): SmbShare[] {
  return filledLines(text).flatMap((line) => {
    const [kind, share = '', ...remark] = line.split('|')
    return kind !== 'Disk' || share === '' || share.endsWith('$') ? [] : [{share, description: remark.join('|')}]
  })
}

async function withLoginFile<R>({username = '', password = '', domain}: SmbLogin, {host, places}: Pick<Context, 'host' | 'places'>, work: (path: string) => Promise<R>): Promise<R> {
  const path = `${places.runDir}/smb-login-${randomBytes(12).toString('hex')}`
  if (await host.files.stat(places.runDir) === undefined) await host.files.makeDirectory(places.runDir, 0o700)
  await host.files.write(path, `username = ${username}\npassword = ${password}\n${domain === undefined ? '' : `domain = ${domain}\n`}`, {mode: 0o600, durable: false})
  try {
    return await work(path)
  } finally {
    await host.files.remove(path)
  }
}
