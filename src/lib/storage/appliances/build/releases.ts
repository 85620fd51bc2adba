// The releases of Debian that templates are built of, and what the two variants hold. Data.

export interface Release {
  readonly codename: string
  /** The client that asks for addresses, which ifupdown calls. */
  readonly dhcpClient: string
}

export const releaseNames = ['debian-12', 'debian-13'] as const
export type ReleaseName = (typeof releaseNames)[number]

export const releases: Readonly<Record<ReleaseName, Release>> = {
  'debian-12': {codename: 'bookworm', dhcpClient: 'isc-dhcp-client'},
  'debian-13': {codename: 'trixie', dhcpClient: 'dhcpcd-base'},
}

export const variantNames = ['standard', 'minimal'] as const
export type VariantName = (typeof variantNames)[number]

interface Variant {
  /** mmdebstrap's own variant: which priorities of packages come by themselves. */
  readonly base: 'important' | 'minbase'
  readonly packages: (release: Release) => readonly string[]
}

export const variants: Readonly<Record<VariantName, Variant>> = {
  standard: {base: 'important', packages: ({dhcpClient}) => ['systemd-sysv', 'dbus', 'libpam-systemd', 'ifupdown', dhcpClient, 'openssh-server', 'ca-certificates', 'bash-completion']},
  minimal: {base: 'minbase', packages: ({dhcpClient}) => ['systemd-sysv', 'dbus', 'ifupdown', dhcpClient, 'iproute2', 'netbase', 'procps']},
}
