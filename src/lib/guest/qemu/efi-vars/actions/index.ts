// The kinds of action on the variables of a guest's firmware, each loaded when a plan has one.
import type {ActionKind} from '../../../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'guest.enroll-efi-keys': async () => (await import('./enroll-efi-keys.ts')).enrollEfiKeysAction,
  'guest.keep-efi-vars': async () => (await import('./keep-efi-vars.ts')).keepEfiVarsAction,
  'guest.restore-efi-vars': async () => (await import('./keep-efi-vars.ts')).restoreEfiVarsAction,
}
