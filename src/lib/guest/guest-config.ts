// The shape of a guest's configuration file (qm.conf, pct.conf): `key: value` lines, a description in comment lines on top,
// and sections for pending changes and snapshots. Values stay text here; what they mean is in the schema of the guest type.

/** A line that goes to the program that runs the guest as it is (`lxc.idmap = u 0 100000 65536`), its key and its value. */
export type RawLine = readonly [key: string, value: string]

export interface ConfigSection {
  /** Values by key, in file order. */
  readonly values: Readonly<Record<string, string>>
  /** The text of the leading comment lines, decoded. */
  readonly description?: string
  /** Raw lines in their order; absent where there are none. Only containers have them. */
  readonly raw?: readonly RawLine[]
}

export interface GuestConfig {
  readonly current: ConfigSection
  /** Changes that wait for a restart; keys to be deleted stand in `pendingDelete`. */
  readonly pending: Readonly<Record<string, string>>
  /** Keys to delete, with whether the deletion is forced. */
  readonly pendingDelete: Readonly<Record<string, {readonly force: boolean}>>
  readonly snapshots: Readonly<Record<string, ConfigSection>>
  /** Sections such as `special:cloudinit`, kept as they are. */
  readonly special: Readonly<Record<string, ConfigSection>>
}
