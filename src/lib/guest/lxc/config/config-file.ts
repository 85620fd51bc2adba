// The dialect of pct.conf among the files of guests (guest/config-file.ts): raw lines for LXC, variables with NUL between them, and another header for what waits (a
// container of Proxmox VE may have a snapshot named `pending`).
import {formatGuestConfig, parseGuestConfig} from '../../config-file.ts'
import type {ConfigDialect, ParseOptions} from '../../config-file.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {readRawLine} from './raw-lines.ts'

const dialect: ConfigDialect = {readRawLine, listKeys: ['env'], pendingHeader: 'pve:pending'}

/** @throws InvalidInputError naming the line that cannot be read; nothing is dropped silently */
export function parseLxcConfig(text: string, options: ParseOptions = {}): GuestConfig {
  return parseGuestConfig(text, dialect, options)
}

/** @throws InvalidInputError for a key or value that would become something else when read again (line breaks, control characters) */
export function formatLxcConfig(config: GuestConfig): string {
  return formatGuestConfig(config, dialect)
}
