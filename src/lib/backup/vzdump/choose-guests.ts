// Which guests a backup takes in, and where they are. Pure.

export interface GuestChoice {
  readonly all?: boolean | undefined
  readonly exclude?: readonly number[]
  readonly pool?: string | undefined
  readonly vmids?: readonly number[]
  /** Only those of this node. */
  readonly node?: string | undefined
}

export interface ChoiceFacts {
  readonly guests: readonly {readonly vmid: number; readonly node: string}[]
  /** The members of the pool that is chosen. */
  readonly poolMembers: readonly number[]
}

/** By node, each sorted; under '' those that no node has. */
export function chosenGuests({all, exclude = [], pool, vmids = [], node}: GuestChoice, {guests, poolMembers}: ChoiceFacts): Map<string, number[]> {
  const places = new Map(guests.map((guest) => [guest.vmid, guest.node]))
  const wanted = pool !== undefined ? poolMembers.filter((vmid) => places.has(vmid)) : all === true ? [...places.keys()] : vmids
  const left = new Set(exclude)
  const chosen = new Map<string, number[]>()
  for (const vmid of [...new Set(wanted)].sort((a, b) => a - b)) {
    const place = places.get(vmid) ?? ''
    if (left.has(vmid) || node !== undefined && place !== node) continue
    chosen.set(place, [...chosen.get(place) ?? [], vmid])
  }
  return chosen
}
