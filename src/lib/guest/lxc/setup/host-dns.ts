// The name servers of the host, which a container uses that has none of its own. Pure.

export interface HostDns {
  readonly nameServers: readonly string[]
  readonly searchDomains: readonly string[]
}

/** Servers that only the host itself reaches are left out: in the container 127.0.0.53 is the container. */
export function readHostDns(resolvConf: string): HostDns {
  const nameServers: string[] = []
  let searchDomains: string[] = []
  for (const line of resolvConf.split('\n')) {
    const [word, ...rest] = line.replace(/[#;].*/, '').trim().split(/\s+/)
    if (word === 'nameserver' && rest[0] !== undefined && !/^(?:127\.|::1$)/.test(rest[0])) nameServers.push(rest[0])
    if ((word === 'search' || word === 'domain') && rest.length > 0) searchDomains = rest
  }
  return {nameServers: nameServers.slice(0, 3), searchDomains}
}
