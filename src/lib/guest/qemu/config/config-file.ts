// The dialect of qm.conf among the files of guests (guest/config-file.ts).
import {formatGuestConfig, parseGuestConfig} from '../../config-file.ts'
import type {ConfigDialect, ParseOptions} from '../../config-file.ts'
import type {GuestConfig} from '../../guest-config.ts'

export {encodeText, formatPendingDelete, parsePendingDelete} from '../../config-file.ts'
export type {ParseOptions} from '../../config-file.ts'

const dialect: ConfigDialect = {
  readEntry: (key, value) => key === 'cdrom' ? ['ide2', value.includes('media=') ? value : `${value},media=cdrom`] : [key, value],
}

/** @throws InvalidInputError naming the line that cannot be read; nothing is dropped silently */
export function parseQemuConfig(text: string, options: ParseOptions = {}): GuestConfig {
  return parseGuestConfig(text, dialect, options)
}

/** @throws InvalidInputError for a key or value that would become something else when read again (line breaks, control characters) */
export function formatQemuConfig(config: GuestConfig): string {
  return formatGuestConfig(config, dialect)
}
