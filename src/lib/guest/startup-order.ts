// In which order the guests of a node are started when it boots and shut down before it goes, from their keys `onboot` and `startup`. Pure,
// and the same for both kinds of guests.
import {InvalidInputError} from '../base/index.ts'
import {readBoolean} from '../spec/read-value.ts'

/** The key `startup`: `order=1,up=30,down=60`; a bare number is the order. */
export interface Startup {
  readonly order?: number
  /** Seconds to wait after its start before the next guest is started. */
  readonly upSeconds?: number
  /** Seconds that it has for its shutdown. */
  readonly downSeconds?: number
}

export interface OrderedGuest extends Startup {
  readonly vmid: number
  readonly kind: 'qemu' | 'lxc'
}

/** What of a guest's configuration counts here. */
export interface GuestWishes {
  readonly vmid: number
  readonly kind: OrderedGuest['kind']
  readonly onboot: string | undefined
  readonly startup: string | undefined
}

const names = {order: 'order', up: 'upSeconds', down: 'downSeconds'} as const

/** @throws InvalidInputError when the text is none */
export function parseStartup(text: string): Startup {
  const startup: {order?: number; upSeconds?: number; downSeconds?: number} = {}
  for (const part of text.split(',')) {
    const [, name = 'order', digits] = /^\s*(?:(order|up|down)=)?(\d{1,9})\s*$/.exec(part) ?? []
    if (digits === undefined) throw new InvalidInputError(`'${part.slice(0, 40)}' is no part of a startup order such as order=1,up=30,down=60`, {startup: 'is wrong'})
    startup[names[name as keyof typeof names]] = Number(digits)
  }
  return startup
}

/** Whether the guest is started when the host boots. */
export function startsOnBoot({onboot}: Pick<GuestWishes, 'onboot'>): boolean {
  return onboot !== undefined && readBoolean(onboot) === true
}

/**
 * Guests in groups, in the order of their starts: each with an order of its own first, the smallest first, all others last; by VMID within a group.
 * A startup order that cannot be read is told and counts as none: one broken file must not keep the others off.
 */
export function startupGroups(guests: readonly GuestWishes[], warn: (message: string) => void = () => undefined): OrderedGuest[][] {
  const groups = new Map<number, OrderedGuest[]>()
  for (const {vmid, kind, startup} of guests.toSorted((a, b) => a.vmid - b.vmid)) {
    const wish = readStartup(vmid, startup, warn)
    const order = wish.order ?? Number.POSITIVE_INFINITY
    groups.set(order, [...groups.get(order) ?? [], {vmid, kind, ...wish}])
  }
  return [...groups.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group)
}

/** The reverse: who was started last goes first. */
export function shutdownGroups(guests: readonly GuestWishes[], warn?: (message: string) => void): OrderedGuest[][] {
  return startupGroups(guests, warn).toReversed().map((group) => group.toReversed())
}

function readStartup(vmid: number, text: string | undefined, warn: (message: string) => void): Startup {
  try {
    return text === undefined ? {} : parseStartup(text)
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    warn(`guest ${vmid}: ${error.message}; it counts as one without an order`)
    return {}
  }
}
