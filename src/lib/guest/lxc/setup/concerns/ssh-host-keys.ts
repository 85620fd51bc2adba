// The keys by which the container's SSH server shows who it is, anew for each container: those of a template are known to everybody who has it.
import type {Setup} from '../setup.ts'

const folder = '/etc/ssh'

export async function sshHostKeys({tree, owner, hostKeys, facts}: Setup): Promise<void> {
  if (hostKeys.length === 0) return
  // Kinds that are not made any more would go on being used.
  for (const name of await tree.list(folder)) if (/^ssh_host_[a-z0-9]{1,20}_key(?:\.pub)?$/.test(name)) await tree.remove(`${folder}/${name}`)
  for (const {type, secret, open} of hostKeys) {
    const path = `${folder}/ssh_host_${type}_key`
    await tree.write(path, secret, {...owner, mode: 0o600})
    await tree.write(`${path}.pub`, `${open.trim().split(' ').slice(0, 2).join(' ')} root@${facts.hostName}\n`, {...owner, mode: 0o644})
  }
}
