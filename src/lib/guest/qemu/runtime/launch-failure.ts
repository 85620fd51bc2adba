// Finds out which key of the configuration made QEMU refuse to start. QEMU puts the option that it stumbled over before its message
// (`qemu-system-x86_64: -device virtio-net-pci,id=net0,…: reason`), and our device ids are made of the keys. Pure.
import {ToolError} from '../../../base/index.ts'
import {readable} from '../qmp/message-reader.ts'

/** Keys that are the ids of devices, drives, network back ends and ports. */
const deviceKey = /^(?:drive-|qemu-|throttle-|file-|fmt-|iothread-|pflash-|ovmf-|drive-efidisk)?((?:ide|sata|scsi|virtio|net|usb|serial|parallel|hostpci|numa|audio|efidisk|tpmstate|unused|rng|virtiofs)\d+)$/

/** Options of QEMU whose key does not stand in an id. */
const keyOfOption: Readonly<Record<string, string>> = {
  '-cpu': 'cpu', '-smp': 'cores', '-m': 'memory', '-machine': 'machine', '-M': 'machine', '-accel': 'kvm', '-enable-kvm': 'kvm', '-vnc': 'vga', '-vga': 'vga', '-spice': 'vga',
  '-bios': 'bios', '-smbios': 'smbios1', '-uuid': 'smbios1', '-k': 'keyboard', '-rtc': 'startdate', '-boot': 'boot', '-name': 'name', '-readconfig': 'machine',
  '-watchdog': 'watchdog', '-watchdog-action': 'watchdog', '-numa': 'numa',
}

const keyOfDevice: Readonly<Record<string, string>> = {
  balloon0: 'balloon', vga: 'vga', tablet: 'tablet', keyboard: 'keyboard', watchdog0: 'watchdog', vmgenid: 'vmgenid', qga0: 'agent', qga: 'agent', spice: 'vga', ivshmem: 'ivshmem', tpmchar: 'tpmstate0', tpmdev: 'tpmstate0',
}

/** Words of QEMU that speak of something without naming an option. */
const hints: readonly (readonly [pattern: RegExp, key: string])[] = [
  [/could not access KVM kernel module|failed to initialize kvm|KVM kernel module/i, 'kvm'],
  [/cannot set up guest memory|cannot allocate memory|Cannot allocate memory/, 'memory'],
  [/unsupported machine type/i, 'machine'],
  [/unable to find CPU model|host doesn't support requested feature/i, 'cpu'],
]

/**
 * @param stderr what QEMU wrote
 * @param argv what it was called with
 * @param extraWords how many words at the end of argv come from the key `args`
 * @returns the key (`scsi0`), undefined when the message does not tell
 */
export function blamedKey(stderr: string, argv: readonly string[], extraWords = 0): string | undefined {
  const option = blamedOption(stderr, argv)
  if (option !== undefined) {
    if (option.at >= argv.length - extraWords) return 'args'
    const key = keyOfWords(option.name, option.value)
    if (key !== undefined) return key
  }
  const hint = hints.find(([pattern]) => pattern.test(stderr))
  if (hint !== undefined) return hint[1]
  for (const [, id] of stderr.matchAll(/'([A-Za-z0-9_-]+)'/g)) {
    const key = keyOfId(id ?? '')
    if (key !== undefined) return key
  }
  return undefined
}

/** The option of argv that stands at the front of a message. The longest match counts, because one value can begin another. */
function blamedOption(stderr: string, argv: readonly string[]): {name: string; value: string; at: number} | undefined {
  let best: {name: string; value: string; at: number} | undefined
  for (let at = 1; at < argv.length; at++) {
    const name = argv[at] ?? ''
    if (!name.startsWith('-')) continue
    const next = argv[at + 1] ?? ''
    const value = next.startsWith('-') ? '' : next
    const words = value === '' ? `${name}:` : `${name} ${value}:`
    if (stderr.includes(`: ${words}`) && value.length >= (best?.value.length ?? 0)) best = {name, value, at}
  }
  return best
}

function keyOfWords(name: string, value: string): string | undefined {
  const ids = value.startsWith('{') ? idsOfJson(value) : [...value.matchAll(/(?:^|,)(?:id|drive|netdev|chardev|node-name|audiodev|iothread)=([^,]+)/g)].map(([, id]) => id ?? '')
  for (const id of ids) {
    const key = keyOfId(id)
    if (key !== undefined) return key
  }
  if (name === '-object' && value.startsWith('memory-backend')) return 'memory'
  return keyOfOption[name]
}

function idsOfJson(text: string): string[] {
  return [...text.matchAll(/"(?:id|drive|netdev|node-name|iothread)":\s*"([^"]+)"/g)].map(([, id]) => id ?? '')
}

function keyOfId(id: string): string | undefined {
  if (Object.hasOwn(keyOfDevice, id)) return keyOfDevice[id]
  return deviceKey.exec(id)?.[1] ?? /(?:^|-)((?:ide|sata|scsi|virtio|efidisk)\d+)$/.exec(id)?.[1]
}

/** The lines of QEMU's stderr that say what is wrong: warnings left out when there is anything else. */
export function errorLines(stderr: string): readonly string[] {
  const lines = stderr.split('\n').map((line) => readable(line.slice(0, 4096), 1000)).filter((line) => line !== '')
  const errors = lines.filter((line) => !/: warning: /.test(line))
  return (errors.length > 0 ? errors : lines).slice(-5)
}

/**
 * The error of a QEMU that ended at once, with the key that caused it.
 * @param error what running it threw; anything but a ToolError with an exit code is given back as it is
 */
export function explainLaunchFailure(error: unknown, vmid: number, argv: readonly string[], extraWords = 0): unknown {
  if (!(error instanceof ToolError)) return error
  const {stderr, exitCode, signal, host} = error.failure
  const key = blamedKey(stderr, argv, extraWords)
  const reason = errorLines(stderr).map((line) => line.replace(/^qemu-system-\S+: /, '')).join('; ')
  const ending = reason !== '' ? reason : signal !== undefined ? `it was ended by ${signal}` : `it ended with exit code ${String(exitCode)} and without a word`
  const where = key === undefined ? '' : ` because of '${key}'`
  return new ToolError(`QEMU did not start virtual machine ${vmid}${where}: ${ending}`, {
    host, argv, exitCode, stderr, ...(signal === undefined ? {} : {signal}),
    nextSteps: key === undefined
      ? [`See what QEMU is called with: qm showcmd ${vmid} --pretty`]
      : [`Look at '${key}': qm config ${vmid}`, `See what QEMU is called with: qm showcmd ${vmid} --pretty`],
    data: key === undefined ? {vmid} : {vmid, key},
  })
}
