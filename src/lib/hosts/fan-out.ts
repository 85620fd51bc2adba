// Asks several hosts at once, a few at a time, and keeps what each of them said: an answer or an error. One host never holds up or hides
// another.

/** This many hosts are asked at the same time. */
export const maxParallelHosts = 8

export type HostAnswer<H, T> =
  | {readonly host: H; readonly answer: T; readonly error?: never}
  | {readonly host: H; readonly error: unknown; readonly answer?: never}

/** @returns one entry a host, in the order of the hosts; never rejects */
export async function askHosts<H, T>(hosts: readonly H[], ask: (host: H) => Promise<T>, parallel = maxParallelHosts): Promise<HostAnswer<H, T>[]> {
  const answers: HostAnswer<H, T>[] = []
  let next = 0
  const worker = async () => {
    for (let index = next++; index < hosts.length; index = next++) {
      const host = hosts[index] as H
      try {
        answers[index] = {host, answer: await ask(host)}
      } catch (error) {
        answers[index] = {host, error}
      }
    }
  }
  await Promise.all(Array.from({length: Math.min(parallel, hosts.length)}, worker))
  return answers
}
