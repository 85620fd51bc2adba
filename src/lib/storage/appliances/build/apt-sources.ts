// From where a template's packages come: the servers that the host's own apt gets Debian from, asked for the release that is to be built. Pure.
import {InvalidInputError, NotFoundError} from '../../../base/index.ts'

/** The keys that Debian's releases are signed with; every Debian has the file, the template too. */
export const archiveKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** Asks apt for what it knows, in lines for parseIndexTargets. */
export const indexTargetsArgv = ['apt-get', 'indextargets', '--format', '$(ORIGIN)|$(LABEL)|$(SITE)|$(RELEASE)|$(COMPONENT)', 'Created-By: Packages'] as const

export interface IndexTarget {
  readonly origin: string
  readonly label: string
  readonly site: string
  readonly release: string
  readonly component: string
}

/** @param text of indexTargetsArgv; lines that are none are passed over */
export function parseIndexTargets(text: string): IndexTarget[] {
  return text.split('\n').flatMap((line) => {
    const [origin, label, site, release, component, ...rest] = line.trim().split('|')
    if (origin === undefined || label === undefined || site === undefined || release === undefined || component === undefined || rest.length > 0) return []
    return [{origin, label, site, release, component}]
  })
}

export interface MirrorWish {
  readonly mirror?: string | undefined
  readonly securityMirror?: string | undefined
}

export interface Mirrors {
  readonly mirror: string
  /** undefined: no server of security updates is known. */
  readonly security: string | undefined
}

/** @throws NotFoundError when the host's apt has no Debian and none was named; InvalidInputError for an address that is none of a web server */
export function mirrorsFor(targets: readonly IndexTarget[], {mirror, securityMirror}: MirrorWish): Mirrors {
  const siteOf = (label: string) => targets.find((each) => each.origin === 'Debian' && each.label === label && each.component === 'main' && !each.release.endsWith('-backports') && isWebSite(each.site))?.site
  const main = mirror ?? siteOf('Debian')
  if (main === undefined) {
    throw new NotFoundError('apt on this host knows no server of Debian', {nextSteps: ['Let apt read its sources: apt-get update', 'Or name one that it does not have: --mirror http://mirror.example.org/debian']})
  }
  const security = securityMirror ?? siteOf('Debian-Security')
  return {mirror: checkedSite(main, 'mirror'), security: security === undefined ? undefined : checkedSite(security, 'security-mirror')}
}

function isWebSite(site: string): boolean {
  return /^https?:\/\//.test(site)
}

/** The address ends up in a source of apt, and in the template: nothing in it may have a meaning there, and no secret be in it. */
function checkedSite(site: string, option: string): string {
  const wrong = (reason: string) => new InvalidInputError(`--${option}: this is no server that packages can be fetched from`, {[option]: reason})
  if (!/^https?:\/\/[!-Z^-~]+$/.test(site) || !URL.canParse(site)) throw wrong('must be an address such as http://mirror.example.org/debian')
  const {username, password, search, hash} = new URL(site)
  if (username !== '' || password !== '') throw wrong('must not hold a name or password, since it becomes a part of the template; apt looks for them in /etc/apt/auth.conf')
  if (search !== '' || hash !== '') throw wrong('must not hold ? or #')
  return site.replace(/\/$/, '')
}

/** The lines of sources.list, of the template as well. */
export function sourceLines(codename: string, {mirror, security}: Mirrors): string[] {
  const line = (site: string, suite: string) => `deb [signed-by=${archiveKeyring}] ${site} ${suite} main`
  return [line(mirror, codename), line(mirror, `${codename}-updates`), ...security === undefined ? [] : [line(security, `${codename}-security`)]]
}

/** Whether the host's apt takes lists that are past their date, as frozen mirrors have them. @param text of `apt-config dump` */
export function takesOldLists(text: string): boolean {
  return /^Acquire::Check-Valid-Until "(?:false|no|0|off)";$/im.test(text)
}

/** The proxies of the host's apt, for the environment of a program: they may hold a password. @param text of `apt-config dump` */
export function proxiesIn(text: string): Readonly<Record<string, string>> {
  const found = [...text.matchAll(/^Acquire::(https?)::Proxy "([^"\n]+)";$/gim)].map(([, scheme = '', address = '']) => [`${scheme.toLowerCase()}_proxy`, address] as const)
  return Object.fromEntries(found.filter(([, address]) => address !== 'DIRECT'))
}
