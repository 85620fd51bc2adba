// context.sh of OpenNebula: assignments that a shell of the guest reads. Each value stands between single quotes, within which a shell knows
// no sign but their end. Pure. Names as OpenNebula's documentation of contextualisation has them.
import {netmask} from './network-text.ts'
import type {CardSettings, CloudInitSettings} from './settings.ts'

export function contextText(settings: CloudInitSettings, userData: Buffer): string {
  const {hostname, user, passwordHash, keys, cards, nameservers, searchDomains} = settings
  const values: readonly (readonly [name: string, value: string | undefined])[] = [
    ['SET_HOSTNAME', hostname],
    ['HOSTNAME', hostname],
    ['USERNAME', user],
    ['CRYPTED_PASSWORD_BASE64', passwordHash === undefined ? undefined : Buffer.from(passwordHash, 'utf8').toString('base64')],
    ['SSH_PUBLIC_KEY', keys.length === 0 ? undefined : keys.join('\n')],
    ['DNS', nameservers.length === 0 ? undefined : nameservers.join(' ')],
    ['SEARCH_DOMAIN', searchDomains.length === 0 ? undefined : searchDomains.join(' ')],
    ...cards.flatMap(cardValues),
    ['USERDATA_ENCODING', 'base64'],
    ['USERDATA', userData.toString('base64')],
  ]
  return `${['# Context variables for OpenNebula\'s contextualisation and cloud-init', ...values.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${quoted(value)}`]))].join('\n')}\n`
}

function cardValues({name, macAddress, ipv4, ipv6}: CardSettings): [string, string | undefined][] {
  const prefix = name.toUpperCase()
  const v4 = typeof ipv4 === 'object' ? ipv4 : undefined
  const v6 = typeof ipv6 === 'object' ? ipv6 : undefined
  return [
    [`${prefix}_MAC`, macAddress],
    [`${prefix}_METHOD`, ipv4 === 'dhcp' ? 'dhcp' : undefined],
    [`${prefix}_IP`, v4?.address],
    [`${prefix}_MASK`, v4 === undefined ? undefined : netmask(v4.prefix)],
    [`${prefix}_GATEWAY`, v4?.gateway],
    [`${prefix}_IP6_METHOD`, ipv6 === 'dhcp' || ipv6 === 'auto' ? ipv6 : undefined],
    [`${prefix}_IP6`, v6?.address],
    [`${prefix}_IP6_PREFIX_LENGTH`, v6 === undefined ? undefined : String(v6.prefix)],
    [`${prefix}_IP6_GATEWAY`, v6?.gateway],
    [`${prefix}_GATEWAY6`, v6?.gateway],
  ]
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`
}
