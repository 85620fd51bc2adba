// Suite pct-idmap: raw lines of a container -> its id map, or a refusal that names the ranges that overlap.
import {idMapOf} from '../../src/lib/guest/lxc/config/index.ts'
import type {RawLine} from '../../src/lib/guest/guest-config.ts'
import {Refusal, attempt, type Adapter} from './adapter.ts'

export const adapter: Adapter = {
  answer({lxc, unprivileged}) {
    return attempt(() => idMapOf({values: unprivileged === true ? {unprivileged: '1'} : {}, raw: lxc as RawLine[]}))
  },
  differences(answer, expect) {
    if (expect['valid'] === true) return answer instanceof Refusal ? [`was refused: ${answer.message}`] : []
    if (!(answer instanceof Refusal)) return ['was not refused']
    // The ranges are facts; the sentence around them is our own.
    const ranges = (expect['message-has'] as string[]).flatMap((text) => text.match(/[ug] \d+ \d+ \d+/g) ?? [])
    return ranges.filter((range) => !answer.message.includes(range)).map((range) => `the refusal does not name '${range}': ${answer.message}`)
  },
}
