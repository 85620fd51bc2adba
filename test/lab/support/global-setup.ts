// Boots the host that the tests of test/lab share, before the first of them; with CORRAL_LAB_HOME, it is that of `npm run lab`.
import type {TestProject} from 'vitest/node'
import {openLab, sharedHostName, spareDisks} from './lab.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The home of a person with SSH access to the lab, and the host's name there. */
    lab: {home: string; name: string}
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running = process.env['CORRAL_LAB_HOME']
  if (running !== undefined) {
    project.provide('lab', {home: running, name: sharedHostName})
    return async () => undefined
  }
  const startedAt = performance.now()
  const lab = await openLab({hosts: [sharedHostName], diskBytes: spareDisks})
  console.log(`lab host ${sharedHostName} answers after ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
  project.provide('lab', {home: lab.home, name: sharedHostName})
  return () => lab.close()
}
