// The first talk with the agent of a host: what it is called, and what is wrong with it.
import {AppError, printable} from '../base/index.ts'
import type {Context} from '../tasks/index.ts'
import {connectorOf} from './commands/chosen-hosts.ts'
import type {ContextHost} from './contexts.ts'
import {localName} from './contexts-mode.ts'

/**
 * Warns of what the host lacks, and gives its entry with the name that it has for itself.
 * @throws what connecting throws; ToolError for a name that is none
 */
export async function greeted(target: ContextHost, context: Context): Promise<ContextHost> {
  if (target.ssh === localName) return target
  const connection = await (await connectorOf(context)).openAgent(target, context.signal)
  try {
    const {node} = await connection.client.hello(context.signal)
    const {missingPackages, settings, problems} = await connection.client.facts(context.signal)
    const setup = `corral host update ${target.name} --setup`
    for (const {package: name, neededFor} of missingPackages) context.log.warn(`${target.name}: the package ${name} is missing, for ${neededFor}; install it with: ${setup}`)
    for (const {setting, neededFor} of settings) context.log.warn(`${target.name}: not set are ${setting}, for ${neededFor}; set them with: ${setup}`)
    for (const problem of problems) context.log.warn(`${target.name}: ${problem}`)
    const isName = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(node)
    if (!isName) throw new AppError('tool', `${target.name} says that its name is '${printable(node).slice(0, 80)}', which is none`)
    return node === target.name ? target : {...target, node}
  } finally {
    connection.close()
  }
}
