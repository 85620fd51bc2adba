// Values as people read them in text output: times, durations, sizes, shares. The forms are Proxmox VE's, so that scripts that
// read the output keep working.

/** Seconds since 1970 as `2021-02-08 10:33:51` in a time zone, the process's own unless one is given (IANA name or POSIX `UTC-1`). */
export function renderTimestamp(seconds: number, timeZone?: string): string {
  const offsetMinutes = timeZone === undefined ? undefined : posixOffsetMinutes(timeZone)
  if (offsetMinutes !== undefined) return calendarText(new Date((seconds + offsetMinutes * 60) * 1000), 'UTC')
  return calendarText(new Date(seconds * 1000), timeZone)
}

/** The same in UTC. */
export function renderTimestampUtc(seconds: number): string {
  return renderTimestamp(seconds, 'UTC')
}

/** A POSIX zone such as `UTC-1` counts hours west of Greenwich: it is an hour ahead of UTC. */
function posixOffsetMinutes(timeZone: string): number | undefined {
  const match = /^[A-Za-z]{3,}([+-]?)(\d{1,2})(?::(\d{2}))?$/.exec(timeZone)
  if (match === null) return undefined
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0)
  return match[1] === '-' ? minutes : -minutes
}

function calendarText(date: Date, timeZone: string | undefined): string {
  if (timeZone === 'UTC') return date.toISOString().slice(0, 19).replace('T', ' ')
  if (timeZone === undefined) {
    const two = (value: number) => String(value).padStart(2, '0')
    return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  }
  // The Swedish form of a date is ISO 8601 with a space.
  return date.toLocaleString('sv-SE', {timeZone})
}

const durationUnits = [['w', 7 * 86_400], ['d', 86_400], ['h', 3600], ['m', 60], ['s', 1]] as const

/** Seconds as `1d 3h 5m`, rounded to whole ones. */
export function renderDuration(seconds: number | undefined): string {
  let left = Math.round(seconds ?? 0)
  if (left <= 0) return '0s'
  const parts: string[] = []
  for (const [unit, size] of durationUnits) {
    const count = Math.floor(left / size)
    if (count > 0) parts.push(`${count}${unit}`)
    left -= count * size
  }
  return parts.join(' ')
}

/** A share of 1 as `41.20%`. */
export function renderFraction(fraction: number): string {
  return `${fixed(fraction * 100, 2)}%`
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB'] as const

/** Bytes in the largest unit of 1024 that leaves at least one: `1.50 GiB`, with `precision` digits after the point. */
export function renderBytes(bytes: number, precision = 2): string {
  let value = bytes
  let unit = 0
  while (Math.abs(value) >= 1024 && unit < byteUnits.length - 1) {
    value /= 1024
    unit++
  }
  return `${fixed(value, precision)} ${byteUnits[unit] ?? 'B'}`
}

/** As C's printf rounds: a value that lies exactly between two goes to the even one (1152 bytes are 1.12 KiB, where toFixed says 1.13). */
function fixed(value: number, digits: number): string {
  const scaled = value * 10 ** digits
  const isBetween = Number.isInteger(value * 2 ** (digits + 1)) && Math.abs(scaled % 1) === 0.5
  const isLowerEven = Math.floor(Math.abs(scaled)) % 2 === 0
  return isBetween && isLowerEven ? (Math.trunc(scaled) / 10 ** digits).toFixed(digits) : value.toFixed(digits)
}
