// The processor time that this process has taken: what a check of speed compares where the machine may be busy with something else.

export function cpuTimeMs(): number {
  const {user, system} = process.cpuUsage()
  return (user + system) / 1000
}
