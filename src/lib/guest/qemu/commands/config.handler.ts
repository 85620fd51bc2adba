// Shows a virtual machine's configuration.
import {InvalidInputError} from '../../../base/index.ts'
import {handleRead} from '../../../tasks/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {shownSection, snapshotSection} from '../config-view.ts'
import type {ShownValue} from '../config-view.ts'
import {encodeText} from '../config/config-file.ts'
import {readGuest} from '../guest-files.ts'
import {withPendingValues} from '../pending.ts'
import {spec} from './config.spec.ts'

export const handler = handleRead(spec, async ({vmid, current, snapshot}, context) => {
  const {config, file} = await readGuest(vmid, context)
  if (snapshot !== undefined) {
    if (current === true) throw new InvalidInputError("'current' and 'snapshot' exclude each other", {current: "cannot be combined with 'snapshot'"})
    return {...shownSection(snapshotSection({vmid, config}, snapshot)), digest: file.digest}
  }
  const shown: GuestConfig = current === true ? config : withPendingValues(config)
  return {...shownSection(shown.current), digest: file.digest}
}, configLines)

/** `key: value` lines sorted by key; the digest is for programs. */
function configLines(config: Readonly<Record<string, ShownValue>>): string[] {
  return Object.keys(config).sort().filter(key => key !== 'digest')
    .map(key => `${key}: ${key === 'description' ? encodeText(String(config[key])) : String(config[key])}`)
}
