// Which files of the store names stand in. Apart from what reads them, because every commit of every command asks this.
const namedPath = /^(?:nodes\/[^/]+\/(?:qemu-server|lxc)\/[1-9]\d{2,8}\.conf|storage\.cfg)$/

/** Everything else may change without completion noticing. */
export function hasNames(path: string): boolean {
  return namedPath.test(path)
}
