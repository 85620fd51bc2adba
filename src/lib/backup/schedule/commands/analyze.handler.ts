// corral schedule analyze: the next times of a calendar event.
import {parseCalendarEvent} from '../../../spec/calendar/calendar-event.ts'
import {nextEvent} from '../../../spec/calendar/next-event.ts'
import {handleRead} from '../../../tasks/index.ts'
import {spec} from './analyze.spec.ts'

export const handler = handleRead(spec, async ({schedule, iterations, starttime}, {clock}) => {
  const event = parseCalendarEvent(schedule)
  const times: number[] = []
  let afterMs = starttime === undefined ? clock.now() : starttime * 1000
  while (times.length < (iterations ?? spec.params.iterations.default)) {
    const next = nextEvent(event, afterMs)
    if (next === undefined) break
    times.push(next)
    afterMs = next
  }
  return times.map((ms) => ({timestamp: ms / 1000, utc: `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`}))
})
