// What all distributions have in common, and the choice between ways to set up a network.
import type {SetupStep} from '../setup.ts'
import {hasAny} from '../setup.ts'
import {authorizedKeys, rootPassword} from '../concerns/access.ts'
import {resolvConf} from '../concerns/dns.ts'
import {hostName, hosts} from '../concerns/host-name.ts'
import {hasSystemd, machineId} from '../concerns/machine-id.ts'
import {networkd} from '../concerns/networkd.ts'
import {sshHostKeys} from '../concerns/ssh-host-keys.ts'
import {containerGettys} from '../concerns/systemd.ts'
import {timeZone} from '../concerns/time-zone.ts'

export const common: readonly SetupStep[] = [hostName, hosts, resolvConf, timeZone]
export const commonWhenNew: readonly SetupStep[] = [machineId, rootPassword, authorizedKeys, sshHostKeys]

/** One step in containers with systemd, another in those without. */
export function bySystemd(withIt: SetupStep, without: SetupStep): SetupStep {
  return async (at) => await hasSystemd(at) ? withIt(at) : without(at)
}

/** By systemd-networkd where the usual programs are not installed and it is. */
export function unlessNetworkdAlone(usual: SetupStep, ...programs: readonly string[]): SetupStep {
  return async (at) => {
    const isAlone = !await hasAny(at, ...programs) && await hasAny(at, '/usr/lib/systemd/systemd-networkd', '/lib/systemd/systemd-networkd')
    return isAlone ? networkd(at) : usual(at)
  }
}

/** One step from a release on, another before. */
export function byRelease(isNewer: (release: string) => boolean, newer: SetupStep, older: SetupStep): SetupStep {
  return (at) => isNewer(at.facts.release) ? newer(at) : older(at)
}

export const nothing: SetupStep = async () => undefined

export const gettys: SetupStep = bySystemd(containerGettys, nothing)
