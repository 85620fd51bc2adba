// Which UEFI firmware is installed. Debian's packages: ovmf (Debian 13 has only the larger variant), qemu-efi-aarch64.
import type {Host} from '../../../host/index.ts'
import type {FirmwareFiles, FirmwareName, UnifiedFirmwareName} from '../arguments/index.ts'

const files: Readonly<Record<FirmwareName, {readonly code: string; readonly vars: string}>> = {
  '2m': {code: '/usr/share/OVMF/OVMF_CODE.fd', vars: '/usr/share/OVMF/OVMF_VARS.fd'},
  '4m': {code: '/usr/share/OVMF/OVMF_CODE_4M.fd', vars: '/usr/share/OVMF/OVMF_VARS_4M.fd'},
  '4m-smm': {code: '/usr/share/OVMF/OVMF_CODE_4M.secboot.fd', vars: '/usr/share/OVMF/OVMF_VARS_4M.fd'},
  arm: {code: '/usr/share/AAVMF/AAVMF_CODE.fd', vars: '/usr/share/AAVMF/AAVMF_VARS.fd'},
  // The plain build knows SEV and SEV-ES.
  sev: {code: '/usr/share/OVMF/OVMF_CODE_4M.fd', vars: '/usr/share/OVMF/OVMF_VARS_4M.fd'},
}

/** Code and variables in one file, the first that is there. The build for TDX alone comes with newer packages; the plain one knows it too. */
const unifiedFiles: Readonly<Record<UnifiedFirmwareName, readonly string[]>> = {
  'sev-snp': ['/usr/share/ovmf/OVMF.fd'],
  tdx: ['/usr/share/ovmf/OVMF.inteltdx.fd', '/usr/share/ovmf/OVMF.fd'],
}

export async function findFirmware(host: Pick<Host, 'files'>): Promise<FirmwareFiles> {
  const found = await Promise.all(Object.entries(files).map(async ([name, {code, vars}]) => {
    const [codeStat, varsStat] = await Promise.all([code, vars].map(path => host.files.stat(path, {followLinks: true})))
    return codeStat?.kind === 'file' && varsStat?.kind === 'file' ? [[name, {code, vars, varsSizeBytes: varsStat.sizeBytes}] as const] : []
  }))
  return {...Object.fromEntries(found.flat()) as FirmwareFiles, ...await findUnifiedFirmware(host)}
}

async function findUnifiedFirmware(host: Pick<Host, 'files'>): Promise<FirmwareFiles> {
  const found: {[name in UnifiedFirmwareName]?: string} = {}
  for (const [name, paths] of Object.entries(unifiedFiles) as [UnifiedFirmwareName, readonly string[]][]) {
    for (const path of paths) {
      if (found[name] === undefined && (await host.files.stat(path, {followLinks: true}))?.kind === 'file') found[name] = path
    }
  }
  return found
}
