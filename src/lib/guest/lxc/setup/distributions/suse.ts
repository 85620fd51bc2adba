// openSUSE (Leap, Tumbleweed, Slowroll, MicroOS) and SLES.
import type {Distribution} from '../setup.ts'
import {networkManager} from '../concerns/network-manager.ts'
import {securetty} from '../concerns/securetty.ts'
import {suseHostName, suseNetwork} from '../concerns/suse-network.ts'
import {hasAny} from '../setup.ts'
import {releaseOfSystem} from '../release.ts'
import {common, commonWhenNew, gettys, unlessNetworkdAlone} from './steps.ts'

const wicked = ['/usr/sbin/wicked', '/sbin/ifup', '/usr/sbin/ifup']

export const opensuse: Distribution = {
  release: releaseOfSystem,
  always: [
    ...common, suseHostName, securetty, gettys,
    // Leap 16 and SLES 16 have NetworkManager instead of wicked.
    unlessNetworkdAlone(async (at) => !await hasAny(at, ...wicked) && await hasAny(at, '/usr/sbin/NetworkManager') ? networkManager(at) : suseNetwork(at), ...wicked, '/usr/sbin/NetworkManager'),
  ],
  whenNew: commonWhenNew,
}
