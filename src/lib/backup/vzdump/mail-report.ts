// Sends the report of a run by sendmail(8), which every mail server of Debian brings. Nothing that fails here fails a backup.
import {AppError, errorChain} from '../../base/index.ts'
import {parseUserConfig} from '../../access/index.ts'
import type {Context} from '../../tasks/index.ts'
import type {JobOptions} from './job-options.ts'
import type {RunReport} from './report.ts'
import {hasFailed, reportSubject, reportText} from './report.ts'

const limitMs = 60_000
const address = /^[^\s@<>,;:"()[\]\\\p{Cc}-][^\s@<>,;:"()[\]\\\p{Cc}]{0,128}@[a-z0-9.-]{1,253}$/iu

export async function mailReport(job: Pick<JobOptions, 'mailTo' | 'mailsOnlyFailures' | 'notificationMode'>, report: RunReport, context: Context): Promise<void> {
  if (job.notificationMode === 'notification-system') {
    context.log.warn('nobody is told of the backup: there is no notification system yet; take --notification-mode legacy-sendmail with --mailto')
    return
  }
  if (job.mailTo.length === 0 || (job.mailsOnlyFailures && !hasFailed(report))) return
  try {
    await send(job.mailTo, report, context)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    context.log.warn(`the mail was not sent: ${errorChain(error).join(': ')}`)
  }
}

async function send(to: readonly string[], report: RunReport, {host, store, log}: Context): Promise<void> {
  const users = (await store.read('user.cfg'))?.data ?? ''
  const addresses = to.flatMap((word) => {
    const found = addressOf(word, users)
    if (found === undefined) log.warn(`no mail is sent to ${word}: no address is known`)
    return found === undefined ? [] : [found]
  })
  if (addresses.length === 0) return
  const program = await host.which('sendmail') ?? ((await host.files.stat('/usr/sbin/sendmail', {followLinks: true})) === undefined ? undefined : '/usr/sbin/sendmail')
  if (program === undefined) {
    log.warn('the mail was not sent: there is no sendmail on this host; a mail server brings it, such as the Debian package msmtp-mta or postfix')
    return
  }
  const from = /^email_from:\s*(\S{1,254})\s*$/m.exec((await store.read('datacenter.cfg'))?.data ?? '')?.[1]
  await host.run(sendmailArgv(program, addresses, from), {input: mailText(addresses, report, from), timeoutMs: limitMs})
  log.info(`a mail was sent to ${addresses.join(', ')}`)
}

/** Pure. Addresses stand behind `--`, so that none is taken for an option. */
export function sendmailArgv(program: string, to: readonly string[], from: string | undefined): string[] {
  return [program, '-B', '8BITMIME', '-oi', ...(from === undefined || !address.test(from) ? [] : ['-f', from]), '--', ...to]
}

/** Pure: an address as it is, a user's as user.cfg has it; root is the host's. */
export function addressOf(word: string, userConfig: string): string | undefined {
  const known = parseUserConfig(userConfig).users.has(word)
  const line = known ? userConfig.split('\n').find((text) => text.startsWith(`user:${word}:`)) : undefined
  const own = line?.split(':')[6]?.trim()
  if (own !== undefined && address.test(own)) return own
  if (word === 'root@pam' || word === 'root') return 'root'
  return !known && address.test(word) ? word : undefined
}

/** Pure. */
export function mailText(to: readonly string[], report: RunReport, from: string | undefined): string {
  const headers = [
    `To: ${to.join(', ')}`, ...(from === undefined ? [] : [`From: Corral <${from}>`]), `Subject: ${reportSubject(report)}`, 'MIME-Version: 1.0', 'Content-Type: text/plain; charset=UTF-8',
    'Content-Transfer-Encoding: 8bit', 'Auto-Submitted: auto-generated',
  ]
  return `${headers.join('\n')}\n\n${reportText(report)}`
}
