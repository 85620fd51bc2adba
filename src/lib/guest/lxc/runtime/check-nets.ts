// What the host must be able to do for interfaces, asked before anything is done.
import {InvalidInputError, UnsupportedError} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import {requireVlanFiltering} from '../../../network/index.ts'
import type {Net} from '../config/nets.ts'

/** @throws InvalidInputError, UnsupportedError naming the sub-property */
export async function checkNets(nets: readonly Net[], host: Host): Promise<void> {
  for (const net of nets) {
    const {key, bridge} = net
    const vlan = net.tag !== undefined ? `${key}.tag` : net.trunks !== undefined ? `${key}.trunks` : undefined
    if (vlan !== undefined && bridge === undefined) throw new InvalidInputError(`'${vlan}' is of a bridge, and '${key}' has none`, {[vlan]: 'needs a bridge'})
    if (vlan !== undefined && bridge !== undefined) await requireVlanFiltering(bridge, vlan, host)
    if (net['host-managed'] === true && (net.ip === 'dhcp' || net.ip6 === 'dhcp')) {
      throw new UnsupportedError(`'${key}.host-managed' cannot be carried out with dhcp: the host asks for no address on behalf of a container`, {data: {keys: [`${key}.host-managed`]}, nextSteps: ['Give it a static address, or let the container ask itself.']})
    }
  }
}
