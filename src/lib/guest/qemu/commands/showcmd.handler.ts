// Shows QEMU's command line for a virtual machine.
import {missingBridge} from '../../../network/index.ts'
import {commandLine, handleRead} from '../../../tasks/index.ts'
import {buildArguments} from '../arguments/index.ts'
import {snapshotSection} from '../config-view.ts'
import {refuseUnsupportedKeys} from '../config/index.ts'
import {gatherFacts, pluggedCards, withMissingBridges} from '../facts/index.ts'
import {readGuest} from '../guest-files.ts'
import {prettyCommandLine} from '../pretty-command-line.ts'
import {spec} from './showcmd.spec.ts'

export const handler = handleRead(spec, async ({vmid, pretty, snapshot}, context): Promise<string> => {
  const guest = await readGuest(vmid, context)
  const section = snapshot === undefined ? guest.config.current : snapshotSection(guest, snapshot)
  refuseUnsupportedKeys(section.values)
  const facts = await gatherFacts(vmid, section, context)
  // The line is of interest on a host without KVM or the bridges as well; only a start needs them.
  const cards = pluggedCards(section.values)
  const {bridgeMtu} = facts.host
  const {argv, taps, warnings} = buildArguments({...facts, host: {...facts.host, isKvmUsable: true, bridgeMtu: withMissingBridges(cards, bridgeMtu)}})
  const missing = taps.filter(({bridge}) => bridgeMtu[bridge] === undefined).map(({key, bridge}) => missingBridge(bridge, key).message)
  for (const warning of [...missing, ...warnings]) context.log.warn(warning)
  return pretty === true ? prettyCommandLine(argv) : commandLine(argv)
})
