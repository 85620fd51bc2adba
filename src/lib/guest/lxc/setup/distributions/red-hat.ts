// Fedora, CentOS and what comes of Red Hat's sources: AlmaLinux, Rocky Linux, Oracle Linux, openEuler.
import type {Distribution, SetupStep} from '../setup.ts'
import {ifcfg} from '../concerns/ifcfg.ts'
import {localeConf} from '../concerns/locale.ts'
import {networkManager} from '../concerns/network-manager.ts'
import {securetty} from '../concerns/securetty.ts'
import {containerGettys, systemdPreset} from '../concerns/systemd.ts'
import {upstart} from '../concerns/upstart.ts'
import {isAtLeast, releaseInWords} from '../release.ts'
import {byRelease, common, commonWhenNew, unlessNetworkdAlone} from './steps.ts'

const programs = ['/usr/sbin/NetworkManager', '/usr/bin/NetworkManager', '/usr/sbin/ifup']
const both = (...steps: readonly SetupStep[]): SetupStep => async (at) => { for (const step of steps) await step(at) }

export const centos: Distribution = {
  release: releaseInWords('etc/redhat-release', 'etc/centos-release', 'etc/openEuler-release'),
  always: [
    ...common, securetty, byRelease((release) => isAtLeast(release, '7'), containerGettys, upstart),
    // NetworkManager reads the older files up to release 9.
    unlessNetworkdAlone(byRelease((release) => isAtLeast(release, '10'), networkManager, ifcfg), ...programs),
  ],
  whenNew: [...commonWhenNew, byRelease((release) => isAtLeast(release, '8'), both(localeConf, systemdPreset), async () => undefined)],
}

export const fedora: Distribution = {
  release: releaseInWords('etc/fedora-release', 'etc/redhat-release'),
  always: [...common, securetty, containerGettys, unlessNetworkdAlone(byRelease((release) => isAtLeast(release, '36'), networkManager, ifcfg), ...programs)],
  whenNew: [...commonWhenNew, localeConf, systemdPreset],
}
