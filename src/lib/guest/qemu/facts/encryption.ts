// Whether the host's CPU can encrypt the memory of guests. What SEV needs to be told (the place of the encryption bit) is asked of QEMU, which
// gets it from the CPU; asking takes a moment, so it is done only for guests that want it.
import {AppError} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import type {Emulator, EncryptionFacts} from '../arguments/index.ts'

const none: EncryptionFacts = {sev: undefined, hasTdx: false}

export async function readEncryption(values: Readonly<Record<string, string>>, emulator: Emulator | undefined, host: Host): Promise<EncryptionFacts> {
  if (values['amd-sev'] !== undefined) return {...none, sev: emulator === undefined ? undefined : await readSevFacts(emulator, host)}
  if (values['intel-tdx'] !== undefined) return {...none, hasTdx: await isOn('/sys/module/kvm_intel/parameters/tdx', host)}
  return none
}

async function readSevFacts({binary}: Emulator, host: Host): Promise<EncryptionFacts['sev']> {
  if ((await host.files.stat('/dev/sev'))?.kind !== 'character') return undefined
  const answer = await askSevCapabilities(binary, host)
  if (answer === undefined) return undefined
  const [hasEs, hasSnp] = await Promise.all(['sev_es', 'sev_snp'].map(name => isOn(`/sys/module/kvm_amd/parameters/${name}`, host)))
  return {...answer, hasEs: hasEs === true, hasSnp: hasSnp === true}
}

/** QMP's query-sev-capabilities, on a machine without anything. */
async function askSevCapabilities(binary: string, host: Host): Promise<{cbitpos: number; reducedPhysBits: number} | undefined> {
  const commands = ['qmp_capabilities', 'query-sev-capabilities', 'quit'].map(execute => `${JSON.stringify({execute})}\n`).join('')
  try {
    const {stdout} = await host.run([binary, '-machine', 'none,accel=kvm', '-nodefaults', '-nographic', '-no-user-config', '-qmp', 'stdio'], {input: commands, timeoutMs: 20_000})
    return parseSevCapabilities(stdout)
  } catch (error) {
    // A QEMU that does not come up with KVM cannot run such a guest either; the start says what is missing.
    if (error instanceof AppError && error.kind !== 'cancelled') return undefined
    throw error
  }
}

/** The answer among QMP's lines; undefined when QEMU says that there is no SEV. */
export function parseSevCapabilities(text: string): {cbitpos: number; reducedPhysBits: number} | undefined {
  for (const line of text.split('\n')) {
    let message: unknown
    try {
      message = JSON.parse(line)
    } catch {
      continue
    }
    const found = (message as {return?: {cbitpos?: unknown; 'reduced-phys-bits'?: unknown}} | null)?.return
    const {cbitpos, 'reduced-phys-bits': reducedPhysBits} = found ?? {}
    if (typeof cbitpos === 'number' && typeof reducedPhysBits === 'number') return {cbitpos, reducedPhysBits}
  }
  return undefined
}

async function isOn(path: string, {files}: Pick<Host, 'files'>): Promise<boolean> {
  return await files.stat(path) !== undefined && /^[Y1]/.test(await files.readText(path, 64))
}
