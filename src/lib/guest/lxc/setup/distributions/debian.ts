// Debian, Devuan and Ubuntu.
import type {Distribution, Setup} from '../setup.ts'
import {crontab} from '../concerns/crontab.ts'
import {ifupdown} from '../concerns/ifupdown.ts'
import {inittab} from '../concerns/inittab.ts'
import {networkd} from '../concerns/networkd.ts'
import {isAtLeast, releaseInFile, releaseOfSystem} from '../release.ts'
import {byRelease, common, commonWhenNew, gettys, unlessNetworkdAlone} from './steps.ts'

const ifup = ['/sbin/ifup', '/usr/sbin/ifup']

export const debian: Distribution = {
  release: releaseInFile('etc/debian_version', {stretch: '9', buster: '10', bullseye: '11', bookworm: '12', trixie: '13'}),
  always: [...common, unlessNetworkdAlone(ifupdown((release) => isAtLeast(release, '12')), ...ifup), inittab((release) => isAtLeast(release, '7') ? '--noclear' : '-L'), gettys],
  whenNew: [...commonWhenNew, crontab],
}

export const devuan: Distribution = {
  release: releaseInFile('etc/devuan_version', {jessie: '1', ascii: '2', beowulf: '3', chimaera: '4', daedalus: '5', excalibur: '6'}),
  always: [...common, ifupdown((release) => isAtLeast(release, '5')), inittab(() => '--noclear')],
  whenNew: [...commonWhenNew, crontab],
}

/** netplan is there since 17.10. It writes files for networkd at each start; those of its file for LXC come before ours. */
async function ubuntuNetwork(at: Setup): Promise<void> {
  if (at.facts.nets.length > 0) await at.tree.remove('/etc/netplan/10-lxc.yaml')
  await networkd(at)
}

export const ubuntu: Distribution = {
  release: releaseOfSystem,
  always: [...common, byRelease((release) => isAtLeast(release, '17.10'), ubuntuNetwork, unlessNetworkdAlone(ifupdown(() => false), ...ifup)), inittab(() => '--noclear'), gettys],
  whenNew: [...commonWhenNew, crontab],
}
