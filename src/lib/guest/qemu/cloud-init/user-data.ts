// The user data: a #cloud-config document. Every text in it is quoted, so that no name, key or hash can be taken for anything else by the
// guest's reader, which follows YAML 1.1. Pure.
import {stringify} from 'yaml'
import type {CloudInitSettings} from './settings.ts'

export function userData(settings: CloudInitSettings): string {
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
  })}`
}

export function yamlText(document: unknown): string {
  return stringify(document, {version: '1.1', defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0, aliasDuplicateObjects: false})
}
