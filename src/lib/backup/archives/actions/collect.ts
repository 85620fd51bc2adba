// Removes from a repository what no backup needs any more, by the program restic, which does so alone: whoever writes or reads is waited for by nobody, but refused with a name.
import {AppError, NotFoundError, UnavailableError} from '../../../base/index.ts'
import {openStorage} from '../../../storage/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import type {Action} from '../../../tasks/index.ts'

export interface Collect extends Action {
  readonly kind: 'backup.collect'
  readonly storage: string
  readonly argv: readonly string[]
}

const limitMs = 7 * 24 * 3600_000
/** What restic is called with. */
export const collectWords = ['prune', '--quiet'] as const

export const collect = defineAction<Collect>({
  kind: 'backup.collect',
  describe: ({argv}) => [commandLine(argv)],
  run: async ({storage: name}, context) => {
    const storage = await openStorage(name, context)
    const {repository} = storage
    if (repository === undefined) throw new AppError('internal', `storage '${name}' has no repository`)
    // Who is in the way is told by name, and the locks of the dead go; then restic takes its own.
    await repository.use(async () => undefined, {lock: 'exclusive'})
    await repository.makeReadyForRestic()
    const before = await storage.usage()
    const {argv, env} = repository.restic(collectWords)
    try {
      await context.host.run(argv, {env, timeoutMs: limitMs, signal: context.signal, diesWithUs: true, onLine: (line) => { if (line.trim() !== '') context.log.info(line) }})
    } catch (error) {
      if (error instanceof NotFoundError) throw new UnavailableError('what is no longer needed is collected by the program restic, which is not installed', {cause: error, nextSteps: ['apt-get install restic']})
      throw error
    }
    const after = await storage.usage()
    context.log.info(`storage '${name}' has ${after.availableBytes} bytes free; before it were ${before.availableBytes}`)
  },
})
