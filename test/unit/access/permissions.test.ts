// Who may do what, by user.cfg.
import {describe, expect, it} from 'vitest'
import {parseUserConfig, privilegesAt, rolesAt} from '../../../src/lib/access/index.ts'

const now = 1_700_000_000_000
const lines = (...text: readonly string[]) => parseUserConfig(text.join('\n'))
const roles = (config: ReturnType<typeof parseUserConfig>, who: string, path: string) => [...rolesAt(config, who, path, now)].sort()
const users = ['user:joe@pve:1:0::::::', 'user:sue@pve:1:0::::::', 'user:off@pve:0:0::::::', 'user:old@pve:1:1000::::::', 'group:ops:joe@pve,sue@pve::', 'role:look:VM.Audit:', 'role:power:VM.PowerMgmt,Nothing.Known:']

describe('entries', () => {
  it('further down stand in place of those above, of a user in place of groups, and none goes past NoAccess', () => {
    const config = lines(...users, 'acl:1:/vms:@ops:look:', 'acl:1:/vms/100:joe@pve:power:', 'acl:1:/vms/200:@ops:look,NoAccess:', 'acl:0:/vms/300:sue@pve:power:')
    expect(roles(config, 'joe@pve', '/vms/100/')).toEqual(['power'])
    expect(roles(config, 'sue@pve', '/vms/100')).toEqual(['look'])
    expect(roles(config, 'sue@pve', '/vms/200/x')).toEqual(['NoAccess'])
    expect([roles(config, 'sue@pve', '/vms/300'), roles(config, 'sue@pve', '/vms/300/x')]).toEqual([['power'], ['look']])
    expect(roles(config, 'joe@pve', '/storage/x')).toEqual([])
  })

  it('give nothing to those who are not there, are switched off or expired, nor by roles or privileges that are not there', () => {
    const config = lines(...users, 'acl:1:/:off@pve,old@pve,none@pve:Administrator:', 'acl:1:/:joe@pve:unknown,power:', 'acl:1:/../x:joe@pve:Administrator:', 'acl:1', '::', 'token:joe@pve!t')
    for (const who of ['off@pve', 'old@pve', 'none@pve', 'joe@pve!none', '']) expect(privilegesAt(config, who, '/', now).size, who).toBe(0)
    expect([...privilegesAt(config, 'joe@pve', '/', now)]).toEqual(['VM.PowerMgmt'])
    expect(privilegesAt(config, 'joe@pve', '/vms/$(x)', now).size).toBe(0)
  })

  it('of a file cannot change the roles that are built in', () => {
    const config = lines(...users, 'role:PVEAuditor:Sys.Modify:', 'acl:1:/:joe@pve:PVEAuditor:')
    expect(privilegesAt(config, 'joe@pve', '/', now).has('Sys.Modify')).toBe(false)
  })
})

describe('tokens', () => {
  const config = lines(...users, 'token:joe@pve!all:0:0::', 'token:joe@pve!own:0:1::', 'token:joe@pve!gone:1000:0::', 'acl:1:/vms:joe@pve:look:', 'acl:1:/vms/100:joe@pve!own:look,power:')
  it('have what their user has, or of that what they were given', () => {
    expect([...privilegesAt(config, 'joe@pve!all', '/vms/7', now)]).toEqual(['VM.Audit'])
    expect([...privilegesAt(config, 'joe@pve!own', '/vms/100', now)]).toEqual(['VM.Audit'])
    expect(privilegesAt(config, 'joe@pve!own', '/vms/7', now).size + privilegesAt(config, 'joe@pve!gone', '/vms/7', now).size).toBe(0)
  })
})

describe('root@pam', () => {
  it('may all, unless it is a token of its own', () => {
    const config = lines('token:root@pam!own:0:1::')
    expect(privilegesAt(config, 'root@pam', '/anything', now).has('Sys.Modify')).toBe(true)
    expect(privilegesAt(config, 'root@pam!own', '/', now).size).toBe(0)
  })
})
