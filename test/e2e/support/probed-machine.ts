// A machine without an operating system, whose disk is written and read through its QEMU: quicker than a guest that boots, and exact.
import {spawnSync} from 'node:child_process'
import {connect} from 'node:net'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import {expect} from 'vitest'
import type {Installation} from './installation.ts'

export class ProbedMachine {
  readonly #installation: Installation
  readonly #vmid: number

  constructor(installation: Installation, vmid: number) {
    this.#installation = installation
    this.#vmid = vmid
  }

  /** Asks the machine's QEMU by its monitor's words, as nothing in the guest does it. */
  ask(execute: string, args: object = {}): Promise<unknown> {
    const socket = connect(join(this.#installation.runDir, `${this.#vmid}.qmp`))
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.write(`{"execute":"qmp_capabilities"}\n${JSON.stringify({execute, arguments: args, id: 1})}\n`)
      createInterface({input: socket}).on('line', (line) => {
        const {id, return: answer, error} = JSON.parse(line) as {id?: number; return?: unknown; error?: {desc: string}}
        if (id !== 1) return
        socket.destroy()
        if (error === undefined) resolve(answer)
        else reject(new Error(error.desc))
      }).on('error', () => undefined)
    })
  }

  /** Writes a MiB of scsi0 by the guest's own device, as a guest would. */
  async write(pattern: number, mebibyte: number): Promise<void> {
    for (const command of [`write -P ${pattern} ${mebibyte}M 1M`, 'flush']) {
      expect(await this.ask('human-monitor-command', {'command-line': `qemu-io -d /machine/peripheral/scsi0 "${command}"`}), command).toBe('')
    }
  }

  /** What scsi0 holds, as its QEMU sees it: a pattern for each MiB. */
  async expectHeld(...patterns: readonly number[]): Promise<void> {
    const path = join(this.#installation.root, 'look')
    const drives = (await this.ask('query-block')) as {device: string; inserted?: {'node-name': string}}[]
    const node = drives.find(({device}) => device === 'drive-scsi0')?.inserted?.['node-name']
    await this.ask('nbd-server-start', {addr: {type: 'unix', data: {path}}})
    try {
      await this.ask('block-export-add', {type: 'nbd', id: 'look', 'node-name': node, name: 'look'})
      const reads = patterns.flatMap((pattern, mebibyte) => ['-c', `read -P ${pattern} ${mebibyte}M 1M`])
      const {status, stdout, stderr} = spawnSync('qemu-io', ['-r', '-f', 'raw', ...reads, `nbd+unix:///look?socket=${path}`], {encoding: 'utf8', timeout: 120_000})
      expect([status, stdout.match(/Pattern verification failed.*/g), stderr]).toEqual([0, null, ''])
    } finally {
      await this.ask('nbd-server-stop')
    }
  }
}
