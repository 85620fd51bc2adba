// A connection to an SFTP server: OpenSSH's own client starts the server's subsystem, and what goes over its standard streams is SFTP. Many requests may be on their way at once.
import {PassThrough, Writable} from 'node:stream'
import type {Clock} from '../../../base/index.ts'
import {AppError, ForbiddenError, NotFoundError, UnavailableError, printable} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import {FieldReader, MessageReader, answerTypes, initMessage, protocolVersion, requestMessage, statusCodes} from './packets.ts'
import type {SftpAnswer} from './packets.ts'

/** Of the whole connection. */
const limitMs = 7 * 24 * 3600_000
/** A server that works answers within this. */
const answerLimitMs = 120_000
/** ssh(1), EXIT STATUS: any error of its own. */
const keptErrorBytes = 16 * 1024

export interface SftpProgram {
  /** For messages. */
  readonly name: string
  readonly argv: readonly string[]
}

interface Waiting {
  readonly resolve: (answer: SftpAnswer) => void
  readonly reject: (error: unknown) => void
}

export class SftpSession {
  readonly #server: SftpProgram
  readonly #clock: Clock
  readonly #input = new PassThrough({highWaterMark: 4 * 1024 * 1024})
  readonly #reader = new MessageReader()
  readonly #waiting = new Map<number, Waiting>()
  readonly #ended: Promise<void>
  #failure: Error | undefined
  #nextId = 1
  #greeted: Waiting | undefined

  private constructor(server: SftpProgram, host: Pick<Host, 'run'>, clock: Clock) {
    this.#server = server
    this.#clock = clock
    const outputStream = new Writable({write: (piece: Buffer, _encoding, done) => {
      try {
        for (const answer of this.#reader.push(piece)) this.#take(answer)
        done()
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)))
      }
    }})
    outputStream.on('error', () => undefined)
    this.#ended = host.run(server.argv, {inputStream: this.#input, outputStream, timeoutMs: limitMs, diesWithUs: true, maxOutputBytes: keptErrorBytes}).then(
      () => { this.#fail(new UnavailableError(`the SFTP server ${server.name} has closed the connection`)) },
      (error: unknown) => { this.#fail(unreachable(server, error)) },
    )
  }

  /** @throws UnavailableError when the server cannot be reached, or does not let us in */
  static async open(server: SftpProgram, host: Pick<Host, 'run'>, clock: Clock): Promise<SftpSession> {
    const session = new SftpSession(server, host, clock)
    const version = await session.#answerOf(initMessage(), (waiting) => { session.#greeted = waiting })
    // The number stands where others have that of the request.
    if (version.type === answerTypes.version && version.id >= protocolVersion) return session
    await session.close()
    throw new UnavailableError(`the SFTP server ${server.name} speaks an unknown version`)
  }

  /** @throws NotFoundError, ForbiddenError, UnavailableError by what the server says; the latter when it does not answer */
  async request(type: number, fields: readonly Buffer[], about: string): Promise<SftpAnswer> {
    const id = this.#nextId++
    const answer = await this.#answerOf(requestMessage(type, id, fields), (waiting) => { this.#waiting.set(id, waiting) })
    if (answer.type !== answerTypes.status) return answer
    const reader = new FieldReader(answer.body)
    const code = reader.uint32()
    if (code === statusCodes.ok || code === statusCodes.end) return answer
    const said = printable(reader.text().toString('utf8').slice(0, 200))
    if (code === statusCodes.noSuchFile) throw new NotFoundError(`the SFTP server ${this.#server.name} has no ${about}`)
    if (code === statusCodes.denied) throw new ForbiddenError(`the SFTP server ${this.#server.name} does not let us use ${about}`)
    throw new UnavailableError(`the SFTP server ${this.#server.name} refuses ${about}: ${said}`)
  }

  async close(): Promise<void> {
    this.#input.end()
    await this.#ended
  }

  async #answerOf(message: Buffer, register: (waiting: Waiting) => void): Promise<SftpAnswer> {
    if (this.#failure !== undefined) throw this.#failure
    const done = new AbortController()
    const answered = new Promise<SftpAnswer>((resolve, reject) => { register({resolve, reject}) })
    const tooLate = this.#clock.sleep(answerLimitMs, done.signal).then(() => { throw new UnavailableError(`the SFTP server ${this.#server.name} does not answer`) })
    tooLate.catch(() => undefined)
    this.#input.write(message)
    try {
      return await Promise.race([answered, tooLate])
    } finally {
      done.abort()
    }
  }

  #take(answer: SftpAnswer): void {
    const waiting = this.#greeted ?? this.#waiting.get(answer.id)
    this.#greeted = undefined
    this.#waiting.delete(answer.id)
    waiting?.resolve(answer)
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const waiting of [...this.#waiting.values(), ...this.#greeted === undefined ? [] : [this.#greeted]]) waiting.reject(this.#failure)
    this.#waiting.clear()
    this.#greeted = undefined
  }
}

function unreachable({name, argv}: SftpProgram, cause: unknown): Error {
  if (cause instanceof NotFoundError) return new UnavailableError('SFTP servers cannot be reached: ssh is not installed', {cause, nextSteps: ['apt-get install openssh-client']})
  if (cause instanceof AppError && cause.kind === 'cancelled') return cause
  return new UnavailableError(`the SFTP server ${name} cannot be reached`, {cause, nextSteps: [`Try it, and see its host key: ssh ${argv.slice(1, argv.indexOf('-s')).filter((word, index, all) => word !== '-o' && all[index - 1] !== '-o').join(' ')} ${name}`.replace(/ {2,}/g, ' ')]})
}
