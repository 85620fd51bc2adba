// Suite calendar: what is a calendar event, and when it comes next.
import {parseCalendarEvent} from '../../src/lib/spec/calendar/calendar-event.ts'
import {nextEvent} from '../../src/lib/spec/calendar/next-event.ts'
import {inZone} from '../support/time-zone.ts'
import {Refusal, attempt, compareData, type Adapter} from './adapter.ts'

export const adapter: Adapter = {
  answer(input) {
    return inZone(typeof input['tz'] === 'string' ? input['tz'] : 'UTC', () => attempt(() => {
      const event = parseCalendarEvent(String(input['spec']))
      return input['last'] === undefined ? undefined : nextEvent(event, Number(input['last']) * 1000)
    }))
  },
  differences(answer, expect) {
    if (expect['error'] === true) return answer instanceof Refusal ? [] : ['was taken']
    if (answer instanceof Refusal) return [`was refused: ${answer.message}`]
    const seconds = answer === undefined ? undefined : Number(answer) / 1000
    return expect['next'] === undefined ? [] : compareData(seconds, expect['next'])
  },
}
