// Terminals of containers with systemd, its presets, and which version of it there is.
import type {FileTree} from '../../../../host/index.ts'
import {put, putLink} from '../setup.ts'
import type {Setup, SetupStep} from '../setup.ts'

const mostTerminals = 6
const unit = 'container-getty@.service'
const unitFolders = ['/etc/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system']
const wants = '/etc/systemd/system/getty.target.wants'

/** Logins on LXC's terminals tty1 and on, by the unit that systemd has for containers; it means pseudo-terminals, or where LXC once had its own. */
export async function containerGettys(at: Setup): Promise<void> {
  const {tree, facts} = at
  for (const folder of unitFolders) {
    const path = `${folder}/${unit}`
    const text = await tree.readText(path, 64 * 1024)
    if (text === undefined) continue
    await put(at, path, gettyUnitText(text))
    for (let number = 1; number <= mostTerminals; number++) {
      const link = `${wants}/container-getty@${number}.service`
      if (number <= facts.ttyCount) await putLink(at, link, path)
      else if (await tree.readLink(link) !== undefined) await tree.remove(link)
    }
    return
  }
}

/** Pure. */
export function gettyUnitText(text: string): string {
  return text.replace(/\b(?:pts|lxc)\/(?:tty)?%I/g, 'tty%I').replace(/^((?:TTYPath|ConditionPathExists)=\/dev\/)%I$/gm, '$1tty%I')
}

/** What the first start enables and disables where a distribution leaves that to presets (systemd.preset(5)). */
const presets: Readonly<Record<string, boolean>> = {
  'container-getty@.service': true, 'getty@.service': false, 'sys-kernel-config.mount': false, 'sys-kernel-debug.mount': false,
}

export async function systemdPreset(at: Setup): Promise<void> {
  const lines = Object.entries(presets).map(([name, isOn]) => `${isOn ? 'enable' : 'disable'} ${name}\n`)
  await put(at, '/etc/systemd/system-preset/00-pve.preset', `# Added by PVE at create-time for first-boot configuration.\n${lines.join('')}`)
}

/** Units that are to be started at boot, as `systemctl enable` links them, where the container has them. */
export function enabledUnits(units: readonly (readonly [unit: string, target: string])[]): SetupStep {
  return async (at) => {
    for (const [name, target] of units) {
      for (const folder of ['/usr/lib/systemd/system', '/lib/systemd/system']) {
        if (await at.tree.stat(`${folder}/${name}`) === undefined) continue
        await putLink(at, `/etc/systemd/system/${target}.wants/${name}`, `${folder}/${name}`)
        break
      }
    }
  }
}

/** By the name of its library; undefined without systemd. */
export async function systemdVersion(tree: FileTree): Promise<number | undefined> {
  const folders = ['usr/lib/systemd', 'lib/systemd', ...(await tree.list('usr/lib')).filter((name) => /^[a-z0-9_]{1,20}-linux-gnu[a-z]{0,8}$/.test(name)).map((name) => `usr/lib/${name}/systemd`)]
  for (const folder of folders) {
    for (const name of await tree.list(folder)) {
      const found = /^libsystemd-shared-(\d{1,5})\b/.exec(name)?.[1]
      if (found !== undefined) return Number(found)
    }
  }
  return undefined
}
