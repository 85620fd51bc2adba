// Lets a process that moves the bytes of disks collect its memory less often. Every piece that it reads is a buffer of its own outside of V8's heap, and against a small
// heap V8 takes each few MiB of them for a reason to collect everything: more than half of the time of a backup. Bounded: some hundred MiB at most.
import {setFlagsFromString} from 'node:v8'

/** How much the heap, with the buffers that hang on it, may grow until it is collected whole, in percent of what was left of it the last time. */
const growthPercent = 400
let users = 0

/** While `work` runs. */
export async function withStreamingHeap<T>(work: () => Promise<T>): Promise<T> {
  if (users++ === 0) setFlagsFromString(`--heap-growing-percent=${growthPercent}`)
  try {
    return await work()
  } finally {
    if (--users === 0) setFlagsFromString('--heap-growing-percent=0')
  }
}
