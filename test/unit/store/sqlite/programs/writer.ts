// A process that writes until it is killed, and reports each write that was acknowledged: `<kind> <round>`, one a line.
import {writeSync} from 'node:fs'
import {ConflictError, systemClock} from '../../../../../src/lib/base/index.ts'
import {openSqliteStore} from '../../../../../src/lib/store/sqlite/index.ts'

const [path = '', id = '', firstRound = '0'] = process.argv.slice(2)
const store = await openSqliteStore({path, node: id, clock: systemClock})
const report = (line: string) => { writeSync(1, `${line}\n`) }

report('ready 0')
for (let round = Number(firstRound); ; round++) {
  const value = String(round)
  // Two files that must always agree, one that grows and shrinks, and one that comes and goes.
  await store.commit({
    put: {[`w/${id}/one`]: value, [`w/${id}/two`]: value, [`w/${id}/size`]: 'x'.repeat((round * 7919) % 30_000), ...(round % 2 === 0 ? {[`w/${id}/even`]: value} : {})},
    ...(round % 2 === 1 ? {remove: [`w/${id}/even`]} : {}),
  })
  report(`pair ${round}`)
  if (round % 3 !== 0) continue
  const held = await store.lock('counter', {reason: `writer ${id}`, timeoutMs: 20_000})
  const counter = await store.read('counter')
  await store.commit({expect: {counter: counter?.revision ?? null}, put: {counter: String(Number(counter?.data ?? '0') + 1)}, fences: [held.fence]})
    .then(() => { report(`counted ${round}`) }, (error: unknown) => {
      if (!(error instanceof ConflictError)) throw error
      report('violation 0')
    })
  await held.release()
}
