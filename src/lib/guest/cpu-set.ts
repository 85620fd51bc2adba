// Lists of processors as the kernel writes them: `0-3,8`. Pure.

/** More than any host has; a line that says more is cut there. */
const mostCpus = 8192

/** The numbers in a list, smallest first; what is no number or range is passed over. */
export function parseCpuList(text: string): number[] {
  const cpus = new Set<number>()
  for (const part of text.trim().split(',')) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim())
    if (match === null) continue
    for (let cpu = Number(match[1]); cpu <= Math.min(Number(match[2] ?? match[1]), mostCpus); cpu++) cpus.add(cpu)
  }
  return [...cpus].sort((a, b) => a - b)
}

/** `0-2,5` of such numbers. */
export function formatCpuList(cpus: readonly number[]): string {
  const ranges: {first: number; last: number}[] = []
  for (const cpu of [...new Set(cpus)].sort((a, b) => a - b)) {
    const range = ranges.at(-1)
    if (range?.last === cpu - 1) range.last = cpu
    else ranges.push({first: cpu, last: cpu})
  }
  return ranges.map(({first, last}) => first === last ? String(first) : `${first}-${last}`).join(',')
}
