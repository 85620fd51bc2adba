// The minutes of Debian's daily work in /etc/crontab: with the same in all containers, a host would be busy with all of them at once.
import {put} from '../setup.ts'
import type {Setup} from '../setup.ts'

const path = '/etc/crontab'

export async function crontab(at: Setup): Promise<void> {
  const text = await at.tree.readText(path)
  if (text !== undefined) await put(at, path, crontabText(text, at.facts.random))
}

/** A minute from 0 to 58 for each of the lines that run the folders of cron, in their order. Pure. */
export function crontabText(text: string, random: () => number): string {
  return text.split('\n').map((line) => /^\d{1,2}\s.*\/etc\/cron\.(?:hourly|daily|weekly|monthly)\b/.test(line) ? line.replace(/^\d{1,2}/, () => String(Math.floor(random() * 59))) : line).join('\n')
}
