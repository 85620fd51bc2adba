// The locale in /etc/locale.conf (locale.conf(5)), where a template came without one: characters beyond ASCII work then.
import {put} from '../setup.ts'
import type {Setup} from '../setup.ts'

export async function localeConf(at: Setup): Promise<void> {
  if (await at.tree.stat('/etc/locale.conf', {followLinks: false}) === undefined) await put(at, '/etc/locale.conf', 'LANG=C.utf8')
}
