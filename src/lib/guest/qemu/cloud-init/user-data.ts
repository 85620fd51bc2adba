// The user data: a #cloud-config document. Every text in it is quoted, so that no name, key or hash can be taken for anything else by the
// guest's reader, which follows YAML 1.1. Pure.
import type {stringify} from 'yaml'
import type {CloudInitSettings} from './settings.ts'

/** The package's writer, which is given to the functions that need it: a command that writes no YAML does not load it. */
export type YamlWriter = typeof stringify
export const loadYamlWriter = async (): Promise<YamlWriter> => (await import('yaml')).stringify

export function userData(settings: CloudInitSettings, write: YamlWriter): string {
  const {hostname, fqdn, user, passwordHash, keys, upgradesPackages} = settings
  return `#cloud-config\n${yamlText({
    hostname,
    manage_etc_hosts: true,
    ...(fqdn === undefined ? {} : {fqdn}),
    ...(user === undefined ? {} : {user}),
    ...(user === 'root' ? {disable_root: false} : {}),
    ...(passwordHash === undefined ? {} : {password: passwordHash}),
    ...(keys.length === 0 ? {} : {ssh_authorized_keys: keys}),
    chpasswd: {expire: false},
    ...(user === 'root' ? {} : {users: ['default']}),
    ...(upgradesPackages ? {package_upgrade: true} : {}),
  }, write)}`
}

export function yamlText(document: unknown, write: YamlWriter): string {
  return write(document, {version: '1.1', defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0, aliasDuplicateObjects: false})
}
