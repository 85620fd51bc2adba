// Entry 33: SIGKILL at any moment. Tests beside the code stop after each record and each step (docs/tasks.md); here the built program is
// killed at random moments, the command and its worker together, and whoever comes next has to find everything in order.
import {readFileSync, readdirSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import type {Installation} from '../e2e/support/installation.ts'
import {randomSource, scaledCount} from '../support/rounds.ts'
import {expectNoFault, installation} from './support/program.ts'

/** Kills every process of the installation that carries out commands, QEMUs and the daemon left alone. */
function killCommands({root}: Installation): void {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8')
      const isOurs = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(`CORRAL_ROOT=${root}`)
      if (isOurs && !words.startsWith('qmeventd') && !words.includes('qemu-system')) process.kill(Number(name), 'SIGKILL')
    } catch {
      // It ended in the meantime.
    }
  }
}

async function volumesOf(place: Installation): Promise<string[]> {
  const {stdout} = await place.call('pvesm', ['list', 'local', '--content', 'images', '--output-format', 'json'])
  return (JSON.parse(stdout) as {volid: string}[]).map(({volid}) => volid).sort()
}

async function configOf(place: Installation): Promise<Record<string, unknown> | undefined> {
  const {code, stdout} = await place.call('qm', ['config', '100', '--current', '--output-format', 'json'])
  return code === 0 ? JSON.parse(stdout) as Record<string, unknown> : undefined
}

describe('a command that is killed at any moment', () => {
  it('leaves nothing that the next one does not put right', async () => {
    const place = installation()
    const random = randomSource('kills')
    const rounds = scaledCount(4)
    for (let round = 0; round < rounds; round++) {
      const exists = (await configOf(place)) !== undefined
      const running = exists && (await place.status(100)) === 'status: running'
      const commands = !exists
        ? [['create', '100', '--kvm', '0', '--memory', '32', '--scsi0', 'local:1', '--scsi1', 'local:1,format=qcow2']]
        : running ? [['stop', '100'], ['stop', '100', '--timeout', '5']] : [['start', '100'], ['set', '100', '--scsi2', 'local:1', '--cores', '2'], ['set', '100', '--delete', 'scsi2', '--force'], ['destroy', '100']]
      const words = commands[random.between(0, commands.length - 1)] ?? []
      const what = `round ${round}: qm ${words.join(' ')}`
      const child = place.spawn('qm', words)
      const ended = new Promise((resolve) => { child.once('exit', resolve) })
      child.stdout.resume()
      child.stderr.resume()
      await new Promise((resolve) => setTimeout(resolve, random.between(0, 900)))
      killCommands(place)
      await ended

      const doctor = await place.call('corral', ['doctor'])
      expectNoFault(doctor, what)
      expect(doctor.code, `${what}: ${doctor.stdout}${doctor.stderr}`).toBe(0)
      const config = await configOf(place)
      const named = Object.entries(config ?? {}).flatMap(([key, value]) => /^(?:scsi|unused)\d+$/.test(key) ? [String(value).split(',')[0] ?? ''] : []).sort()
      expect(await volumesOf(place), what).toEqual(named)
      const list = await place.qm('list', '--output-format', 'json')
      expect(list, what).toMatchObject({code: 0})
      expect((JSON.parse(list.stdout) as unknown[]).length, what).toBe(config === undefined ? 0 : 1)
    }
    // And the machine can still be used, whatever it is by now.
    await place.qm('stop', '100')
    await place.qm('destroy', '100')
    await place.create(100, {options: ['--scsi0', 'local:1']})
    await place.mustQm('start', '100')
    await place.mustQm('stop', '100')
    await place.mustQm('destroy', '100')
    expect(await volumesOf(place)).toEqual([])
    expect(place.leftovers()).toEqual([])
  }, 240_000)
})
