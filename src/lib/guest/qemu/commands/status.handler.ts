// Shows the state of a virtual machine: in a word, or in full.
import {errorChain} from '../../../base/index.ts'
import {handleRead} from '../../../tasks/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {readGuest} from '../guest-files.ts'
import {guestStatus} from '../guest-status.ts'
import {spec} from './status.spec.ts'

export const handler = handleRead(spec, async ({vmid, verbose}, context): Promise<Readonly<Record<string, unknown>>> => {
  const {config} = await readGuest(vmid, context)
  const status = await guestStatus(vmid, config, context)
  if (status.status === 'stopped') return verbose === true ? status : {status: 'stopped'}
  const {qmpStatus} = await import('../running-details.ts')
  const details = verbose === true ? {...status, ...await allDetails(vmid, config.current.values, context)} : {status: await qmpStatus(vmid, context) ?? status.status}
  if (Object.values(details).includes('shutdown')) await watchAgain(context)
  return details
})

async function allDetails(vmid: number, values: Readonly<Record<string, string>>, context: Context): Promise<Readonly<Record<string, unknown>>> {
  const [{runningDetails}, {guestFacts, mayAnswer}] = await Promise.all([import('../running-details.ts'), import('../agent/guest-facts.ts')])
  const [details, facts] = await Promise.all([runningDetails(vmid, context), mayAnswer(values) ? guestFacts(vmid, context) : {}])
  return {...details, ...facts}
}

/** A guest that is off while its QEMU waits has nobody who watches it, or will be ended in a moment. */
async function watchAgain(context: Context): Promise<void> {
  try {
    await (await import('../qmeventd/start.ts')).ensureWatched(context)
  } catch (error) {
    context.log.warn(errorChain(error).join(': '))
  }
}
