// What is done to a host by a login: packages, the agent's files, its removal; and the first talk with the agent. Each may be repeated.
import {AppError, printable} from '../../base/index.ts'
import {defineAction, type Action} from '../../tasks/index.ts'
import {connectorOf} from '../commands/chosen-hosts.ts'
import {agentFolder, probeHost} from '../agent-bundle.ts'
import {withHost, type ContextHost} from '../contexts.ts'
import {readContextsText, writeContextsText} from '../contexts-file.ts'
import {installPackages, removeAgent, runScript} from '../login-scripts.ts'

const packagesLimitMs = 30 * 60_000
const removeLimitMs = 30_000

interface OnHost extends Action { readonly target: ContextHost }

export interface InstallPackages extends OnHost {
  readonly kind: 'host.install-packages'
  readonly packages: readonly string[]
}

export const hostInstallPackages = defineAction<InstallPackages>({
  kind: 'host.install-packages',
  describe: ({target, packages}) => [`ssh ${target.ssh} apt-get -y --no-install-recommends install ${packages.join(' ')}`],
  run: async ({target, packages}, context) => {
    const connection = await (await connectorOf(context)).openLogin(target, context.signal)
    try {
      context.log.notice?.(`${target.name}: installs ${packages.join(', ')}`)
      await runScript(connection, installPackages, [packages.join(' ')], {host: target.name, what: 'installing the packages', signal: context.signal, limitMs: packagesLimitMs})
    } finally {
      connection.close()
    }
  },
})

export interface InstallAgent extends OnHost {
  readonly kind: 'host.install-agent'
  readonly version: string
  readonly files: readonly {readonly path: string; readonly sha256: string}[]
}

export const hostInstallAgent = defineAction<InstallAgent>({
  kind: 'host.install-agent',
  describe: ({target, version, files}) => [
    `# the agent, version ${version}`,
    ...files.map(({path, sha256}) => `scp ${path} ${target.ssh}:${agentFolder(target.agent)}/${path} # sha256 ${sha256.slice(0, 16)}…`),
  ],
  run: async ({target}, context) => {
    const connector = await connectorOf(context)
    const bundle = await connector.agentBundle()
    const connection = await connector.openLogin(target, context.signal)
    try {
      const folder = agentFolder(target.agent)
      // What starts the agent comes last, so that one that is started meanwhile finds all of the rest.
      const files = bundle.files.toSorted((a, b) => rank(a.path) - rank(b.path))
      for (const [index, file] of files.entries()) {
        context.log.progress(index, files.length, `${target.name}: installs the agent`)
        await connection.upload(file.data, `${folder}/${file.path}`, file.mode, {signal: context.signal})
      }
      context.log.progress(files.length, files.length, `${target.name}: installs the agent`)
      const {isAgentWhole} = await probeHost(connection, target.name, target.agent, bundle, context.signal)
      if (!isAgentWhole) throw new AppError('tool', `the agent's files on ${target.name} are not those that were sent`)
    } finally {
      connection.close()
    }
  },
})

function rank(path: string): number {
  return path === 'corral-agent' ? 2 : path.endsWith('.mjs') ? 1 : 0
}

export interface RemoveAgent extends OnHost {
  readonly kind: 'host.remove-agent'
  readonly files: readonly string[]
}

export const hostRemoveAgent = defineAction<RemoveAgent>({
  kind: 'host.remove-agent',
  describe: ({target, files}) => files.map((file) => `ssh ${target.ssh} rm -f ${agentFolder(target.agent)}/${file}`),
  run: async ({target, files}, context) => {
    const connection = await (await connectorOf(context)).openLogin(target, context.signal)
    try {
      await runScript(connection, removeAgent, [agentFolder(target.agent), ...files], {host: target.name, what: 'removing the agent', signal: context.signal, limitMs: removeLimitMs})
    } finally {
      connection.close()
    }
  },
})

/** Talks to the agent and writes the host into contexts.yaml, with the name that it has for itself. */
export interface RememberHost extends OnHost {
  readonly kind: 'host.remember'
  readonly context: string
  readonly path: string
}

export const hostRemember = defineAction<RememberHost>({
  kind: 'host.remember',
  describe: ({target, context, path}) => [`# ${path}: the context '${context}' gets the host ${target.name} (${target.ssh})`],
  run: async ({target, context: contextName, path}, context) => {
    const entry = target.ssh === 'local' ? target : await greeted(target, context)
    const {files} = context.host
    const before = await readContextsText(path, files)
    const after = await withHost(before, contextName, entry, path)
    if (before !== after) await writeContextsText(path, after, files, context.places)
  },
})

async function greeted(target: ContextHost, context: Parameters<typeof hostRemember.run>[1]): Promise<ContextHost> {
  const connection = await (await connectorOf(context)).openAgent(target, context.signal)
  try {
    const {node} = await connection.client.hello(context.signal)
    const {missingPackages, problems} = await connection.client.facts(context.signal)
    for (const {package: name, neededFor} of missingPackages) context.log.warn(`${target.name}: the package ${name} is missing, which ${neededFor} need; install it with: corral host update ${target.name} --setup`)
    for (const problem of problems) context.log.warn(`${target.name}: ${problem}`)
    const isName = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(node)
    if (!isName) throw new AppError('tool', `${target.name} says that its name is '${printable(node).slice(0, 80)}', which is none`)
    return node === target.name ? target : {...target, node}
  } finally {
    connection.close()
  }
}
