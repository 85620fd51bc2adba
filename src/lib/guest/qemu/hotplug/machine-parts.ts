// The parts of a machine that can come and go while it runs, as its command line names them, and how two machines differ. Pure: what is
// compared are the arguments that a start would give (arguments/), so there is no second description of any device.
import {readOption} from './option-values.ts'

export const partOptions = ['-object', '-blockdev', '-drive', '-netdev', '-chardev', '-device'] as const
export type PartOption = (typeof partOptions)[number]

/** One `-device …` or the like. */
export interface MachinePart {
  readonly option: PartOption
  /** The name by which QEMU knows it. */
  readonly id: string
  /** As on the command line. */
  readonly text: string
}

const known: ReadonlySet<string> = new Set(partOptions)

/** Parts with a name, in the order in which a start makes them. */
export function partsOf(argv: readonly string[]): MachinePart[] {
  const parts: MachinePart[] = []
  for (let at = 0; at + 1 < argv.length; at++) {
    const option = argv[at] ?? ''
    const text = argv[at + 1] ?? ''
    if (!known.has(option)) continue
    at++
    const {values} = readOption(text)
    const id = values['id'] ?? values['node-name']
    if (typeof id === 'string') parts.push({option: option as PartOption, id, text})
  }
  return parts
}

/**
 * What `more` has and `less` has not, told by name: another place in the boot order does not make another device. In the order in which it
 * is to be made.
 */
export function additionalParts(less: readonly MachinePart[], more: readonly MachinePart[]): MachinePart[] {
  const names = new Set(less.map(nameOf))
  return more.filter(part => !names.has(nameOf(part)))
}

function nameOf({option, id}: MachinePart): string {
  return `${option} ${id}`
}

/** Bridges and USB controllers stay when the last device on them goes: others may be plugged in later, and a guest seldom lets go of them. */
const staying = /^(?:pci-bridge|qemu-xhci|nec-usb-xhci),/

/**
 * The parts that go, in the order in which they are taken out: devices, last first, but a controller before what is on it (that goes with
 * it, and while the guest has not let go of the controller nothing has changed); then what was behind them.
 */
export function removalOrder(parts: readonly MachinePart[]): MachinePart[] {
  const going = parts.filter(({option, text}) => option !== '-device' || !staying.test(text)).reverse()
  const devices = going.filter(({option}) => option === '-device')
  const carries = (controller: MachinePart) => devices.some(({text}) => text.includes(`,bus=${controller.id}.`))
  const backends = going.filter(({option}) => option !== '-device' && option !== '-object')
  return [...devices.filter(carries), ...devices.filter(device => !carries(device)), ...backends, ...going.filter(({option}) => option === '-object')]
}

/** Whether the guest has a part in taking the device out. Disks on SCSI and devices on USB can be torn out at any time. */
export function needsGuest({option, text}: MachinePart): boolean {
  return option === '-device' && !/^(?:scsi|usb|ide)-/.test(text)
}
