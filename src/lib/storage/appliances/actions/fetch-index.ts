// The action that fetches an index of container templates, checks its signature where there is a keyring, and puts it in the place of the one before.
import {randomBytes} from 'node:crypto'
import {gunzipSync} from 'node:zlib'
import {InvalidInputError, NotFoundError, ToolError, UnavailableError} from '../../../base/index.ts'
import type {Action, Context} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import {fetchedPath, maxIndexBytes} from '../fetched.ts'
import {parseIndex} from '../index-file.ts'

export interface FetchIndex extends Action {
  readonly kind: 'aplinfo.fetch'
  readonly index: string
  /** Where it is kept. */
  readonly path: string
  readonly keyring?: string
}

const timeoutMs = 2 * 60_000
const maxSignatureBytes = 64 * 1024

export const fetchIndex = defineAction<FetchIndex>({
  kind: 'aplinfo.fetch',
  isAtomic: true,
  describe: ({index, path, keyring}) => [
    `# fetch ${index}`, ...keyring === undefined ? ['# its signature is not checked, as no keyring is set'] : [`# check its signature ${signatureOf(index)} by the keyring ${keyring} (gpgv)`], `# keep it as ${path}`,
  ],
  run: async ({index, path, keyring}, context) => {
    const packed = await fetchBytes(index, maxIndexBytes, context)
    const text = unpack(packed, index)
    if (keyring !== undefined) await checkSignature({index, keyring, text}, context)
    const count = parseIndex(text.toString('utf8')).length
    if (count === 0) throw new InvalidInputError(`${index} is no index of container templates: it names none`)
    await context.host.files.makeDirectory(`${context.places.stateDir}/aplinfo`)
    await context.host.files.write(path, text, {mode: 0o644})
    context.log.info(`${index}: ${count} templates`)
  },
})

/** The signature is one of the index as it is when unpacked. */
function signatureOf(index: string): string {
  return `${index.replace(/\.gz$/, '')}.asc`
}

async function fetchBytes(index: string, maxBytes: number, context: Context): Promise<Buffer> {
  const {host, places, signal} = context
  if (index.startsWith('/')) return host.files.read(index, maxBytes)
  await host.files.makeDirectory(`${places.stateDir}/aplinfo`)
  const path = `${fetchedPath(context, index)}.${randomBytes(4).toString('hex')}.new`
  try {
    // An administrator has set the address, so that it may be a server of the local network.
    await host.download({url: index, path, maxBytes, timeoutMs, addresses: 'any', signal})
    return await host.files.read(path, maxBytes)
  } finally {
    await host.files.remove(path)
  }
}

/** @throws InvalidInputError when it is damaged, or too large when unpacked */
function unpack(data: Buffer, index: string): Buffer {
  if (data[0] !== 0x1f || data[1] !== 0x8b) return data
  try {
    return gunzipSync(data, {maxOutputLength: maxIndexBytes})
  } catch (error) {
    throw new InvalidInputError(`${index} cannot be unpacked`, {}, {cause: error})
  }
}

async function checkSignature({index, keyring, text}: {readonly index: string; readonly keyring: string; readonly text: Buffer}, context: Context): Promise<void> {
  const {host, places, signal} = context
  const signature = await fetchBytes(signatureOf(index), maxSignatureBytes, context)
  const base = `${places.stateDir}/aplinfo/check-${randomBytes(6).toString('hex')}`
  try {
    await host.files.makeDirectory(`${places.stateDir}/aplinfo`)
    await host.files.write(`${base}.asc`, signature)
    await host.files.write(`${base}.dat`, text)
    await host.run(['gpgv', '--quiet', '--keyring', keyring, '--', `${base}.asc`, `${base}.dat`], {timeoutMs: 30_000, signal})
  } catch (error) {
    if (error instanceof ToolError) throw new InvalidInputError(`${index} does not have the signature of a key in ${keyring}; the index that was there stays`, {keyring: 'has no key that made the signature'}, {cause: error, nextSteps: [`See what gpgv says: ${commandLine(['gpgv', '--keyring', keyring, signatureOf(index), index])}`]})
    if (error instanceof NotFoundError && error.message.includes('gpgv')) throw new UnavailableError('signatures cannot be checked: gpgv is not installed', {cause: error, nextSteps: ['apt-get install gpgv']})
    throw error
  } finally {
    for (const ending of ['.asc', '.dat']) await host.files.remove(`${base}${ending}`)
  }
}
