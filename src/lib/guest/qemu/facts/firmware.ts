// Which UEFI firmware is installed. Debian's packages: ovmf (Debian 13 has only the larger variant), qemu-efi-aarch64.
import type {Host} from '../../../host/index.ts'
import type {FirmwareFiles, FirmwareName} from '../arguments/index.ts'

const files: Readonly<Record<FirmwareName, {readonly code: string; readonly vars: string}>> = {
  '2m': {code: '/usr/share/OVMF/OVMF_CODE.fd', vars: '/usr/share/OVMF/OVMF_VARS.fd'},
  '4m': {code: '/usr/share/OVMF/OVMF_CODE_4M.fd', vars: '/usr/share/OVMF/OVMF_VARS_4M.fd'},
  '4m-smm': {code: '/usr/share/OVMF/OVMF_CODE_4M.secboot.fd', vars: '/usr/share/OVMF/OVMF_VARS_4M.fd'},
  arm: {code: '/usr/share/AAVMF/AAVMF_CODE.fd', vars: '/usr/share/AAVMF/AAVMF_VARS.fd'},
}

export async function findFirmware(host: Pick<Host, 'files'>): Promise<FirmwareFiles> {
  const found = await Promise.all(Object.entries(files).map(async ([name, {code, vars}]) => {
    const [codeStat, varsStat] = await Promise.all([code, vars].map(path => host.files.stat(path, {followLinks: true})))
    return codeStat?.kind === 'file' && varsStat?.kind === 'file' ? [[name, {code, vars, varsSizeBytes: varsStat.sizeBytes}] as const] : []
  }))
  return Object.fromEntries(found.flat())
}
