// The disk on which OVMF keeps its variables (`efidisk0`): which of Debian's templates it starts from, how large that makes it, and
// the step that writes the template to the new volume.
import {InvalidInputError, UnavailableError} from '../../../base/index.ts'
import type {Context} from '../../../tasks/index.ts'
import type {FillEfiVars} from '../actions/fill-efi-vars.ts'
import type {DriveText} from './drive-text.ts'

export interface EfiVars {
  /** The file that the variables start from. */
  readonly template: string
  readonly sizeBytes: number
  /** Properties that are recorded even where they are the default, as Proxmox VE does. */
  readonly options: Readonly<Record<string, string>>
}

/** Where Debian's package ovmf keeps its templates of variables. */
const folder = '/usr/share/OVMF'

/**
 * @throws InvalidInputError for properties that do not go together, UnavailableError when the template is not installed
 */
export async function planEfiVars(drive: DriveText, context: Pick<Context, 'host'>): Promise<EfiVars> {
  const efitype = drive.options['efitype'] ?? '2m'
  const hasKeys = drive.options['pre-enrolled-keys'] === '1'
  if (hasKeys && efitype !== '4m') {
    throw new InvalidInputError("efidisk0: 'pre-enrolled-keys' needs efitype=4m", {'efidisk0.pre-enrolled-keys': 'needs efitype=4m'})
  }
  const template = templatePath(efitype, hasKeys)
  const stat = await context.host.files.stat(template, {followLinks: true})
  if (stat?.kind !== 'file') {
    throw new UnavailableError(`efidisk0: there is no template of OVMF's variables for efitype=${efitype} (${template})`, {
      nextSteps: [efitype === '4m' ? 'Install the Debian package ovmf.' : 'Use efitype=4m; newer packages of ovmf have no other.'],
    })
  }
  return {template, sizeBytes: stat.sizeBytes, options: {efitype, ...(drive.options['pre-enrolled-keys'] === undefined ? {} : {'pre-enrolled-keys': hasKeys ? '1' : '0'})}}
}

function templatePath(efitype: string, hasKeys: boolean): string {
  return `${folder}/OVMF_VARS${efitype === '4m' ? '_4M' : ''}${hasKeys ? '.ms' : ''}.fd`
}

/** The template that has the keys for Secure Boot, for a disk of that type. @throws UnavailableError when it is not installed */
export async function templateWithKeys(efitype: string, {host}: Pick<Context, 'host'>): Promise<string> {
  const template = templatePath(efitype, true)
  if ((await host.files.stat(template, {followLinks: true}))?.kind === 'file') return template
  throw new UnavailableError(`there is no template of OVMF's variables with keys for efitype=${efitype} (${template})`, {
    nextSteps: [efitype === '4m' ? 'Install the Debian package ovmf.' : 'Newer packages of ovmf have templates for efitype=4m only.'],
  })
}

/** The step that writes the template to the volume. The volume's own undo takes it back. */
export function fillEfiVars(vars: EfiVars, target: Pick<FillEfiVars, 'volume' | 'path' | 'format'>): FillEfiVars {
  return {kind: 'guest.fill-efi-vars', ...target, template: vars.template}
}
