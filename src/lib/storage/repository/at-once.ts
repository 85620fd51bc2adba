// Some of many pieces of work at a time.

/** The order is nobody's. @throws what the first failure was; what was begun is waited for, and the rest is left */
export async function atOnce<T>(count: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values()
  let failure: {readonly error: unknown} | undefined
  const worker = async (): Promise<void> => {
    for (const item of rest) {
      if (failure !== undefined) return
      try {
        await work(item)
      } catch (error) {
        failure ??= {error}
      }
    }
  }
  await Promise.all(Array.from({length: count}, worker))
  if (failure !== undefined) throw failure.error
}
