// Huge pages and processor time of a real guest: set aside at the start, given back after every kind of end. Skipped, with the reason printed,
// where the host has no such thing to give.
import fs from 'node:fs'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {Installation, isAlive, waitUntil} from './support/installation.ts'

const pool = '/sys/devices/system/node/node0/hugepages/hugepages-2048kB'
const cpuGroup = '/sys/fs/cgroup/cpu/corral.slice'
const whyNoPages = reasonAgainst(() => { fs.accessSync(`${pool}/nr_hugepages`, fs.constants.W_OK) })
const whyNoGroups = reasonAgainst(() => { fs.accessSync('/sys/fs/cgroup/cpu/cpu.cfs_quota_us', fs.constants.R_OK) })
for (const reason of [whyNoPages, whyNoGroups]) if (reason !== undefined) console.log(`skipped in host-resources: ${reason}`)

const installation = new Installation()
const [withPages, withLimit] = [100, 101]
const count = (file: string) => Number(fs.readFileSync(`${pool}/${file}`, 'utf8'))
const pages = () => count('nr_hugepages')

beforeAll(async () => {
  await installation.create(withPages, {boots: false, options: ['--memory', '64', '--numa', '1', '--hugepages', '2']})
  await installation.create(withLimit, {boots: false, options: ['--memory', '32', '--cpulimit', '0.5', '--cpuunits', '300', '--affinity', '0']})
})

afterAll(() => installation.close())

describe.skipIf(whyNoPages !== undefined)('a guest made of huge pages', () => {
  it('has them while it runs, and they are given back when it is stopped', async () => {
    const before = pages()
    // Pages that lie about unused are taken first.
    const missing = Math.max(0, 32 - count('free_hugepages'))
    await installation.mustQm('start', String(withPages))
    expect(pages()).toBe(before + missing)
    await installation.mustQm('stop', String(withPages))
    // The memory of a process that has just ended may take a moment to come back.
    await waitUntil('the pages to be given back', () => pages() === before, 30_000)
  })

  it('leaves none behind when its QEMU is killed', async () => {
    const before = pages()
    await installation.mustQm('start', String(withPages))
    const pid = installation.pidOf(withPages)
    process.kill(pid, 'SIGKILL')
    await waitUntil('the pages to be given back', () => !isAlive(pid) && pages() === before, 30_000)
  })

  it('is not started when the host has not that many, and nothing stays reserved', async () => {
    const before = pages()
    await installation.mustQm('set', String(withPages), '--memory', '1048576')
    const {code, stderr} = await installation.qm('start', String(withPages))
    expect(code).toBe(7)
    expect(stderr).toMatch(/the guest needs 524288 huge pages of 2 MiB on NUMA node 0, and the host has room for \d+/)
    expect(pages()).toBe(before)
    expect(installation.leftovers()).toEqual([])
  })
})

describe.skipIf(whyNoGroups !== undefined)('a guest with a share of processor time', () => {
  it('is in a control group of its own as long as it runs', async () => {
    await installation.mustQm('start', String(withLimit))
    const pid = String(installation.pidOf(withLimit))
    const group = fs.readdirSync(cpuGroup).find(name => name.startsWith(`${withLimit}-`) && fs.readFileSync(`${cpuGroup}/${name}/cgroup.procs`, 'utf8').split('\n').includes(pid))
    expect(group).toBeDefined()
    const value = (file: string) => fs.readFileSync(`${cpuGroup}/${group ?? ''}/${file}`, 'utf8').trim()
    expect([value('cpu.cfs_quota_us'), value('cpu.cfs_period_us'), value('cpu.shares')]).toEqual(['50000', '100000', '300'])
    expect(fs.readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^Cpus_allowed_list:\s*0$/m)
    await installation.mustQm('stop', String(withLimit))
    expect(fs.existsSync(`${cpuGroup}/${group ?? ''}`)).toBe(false)
  })
})

function reasonAgainst(look: () => void): string | undefined {
  try {
    look()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
