// Does something in another time zone. Node.js looks at TZ anew when it is set.

export function inZone<R>(zone: string, work: () => R): R {
  const before = process.env['TZ']
  process.env['TZ'] = zone
  try {
    return work()
  } finally {
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
  }
}
