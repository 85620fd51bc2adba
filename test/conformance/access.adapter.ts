// Suite access: roles and privileges at a path. Who may read whose permissions is asked of commands that are not built yet.
import {parseUserConfig, privilegesAt, rolesAt} from '../../src/lib/access/index.ts'
import {Unsupported, compareData, type Adapter} from './adapter.ts'

export const adapter: Adapter = {
  answer(input, env) {
    const config = parseUserConfig((env['configs'] as Readonly<Record<string, string>>)[String(input['config'])] ?? '')
    const [who, path] = [String(input['userid']), String(input['path'])]
    switch (input['query']) {
      case 'roles': return {roles: [...rolesAt(config, who, path, Date.now())].sort()}
      case 'privileges': return {privileges: [...privilegesAt(config, who, path, Date.now())].sort()}
      default: throw new Unsupported('effective-permissions')
    }
  },
  differences: (answer, expect) => compareData(answer, expect),
}
