// What is done to a host by a login: packages, the agent's files, its removal; and the first talk with the agent. Each may be repeated.
import {AppError, UnavailableError} from '../../base/index.ts'
import {defineAction, type Action} from '../../tasks/index.ts'
import {connectorOf} from '../commands/chosen-hosts.ts'
import {greeted} from '../greet-host.ts'
import {agentFolder, probeHost} from '../agent-bundle.ts'
import {withHost, type ContextHost} from '../contexts.ts'
import {readContextsText, writeContextsText} from '../contexts-file.ts'
import {rangeInWords, type IdRange} from '../host-settings.ts'
import {addIdRanges, installPackages, refreshPackages, removeAgent, runScript} from '../login-scripts.ts'
import {isNewEnough, noNode} from '../node-version.ts'

const packagesLimitMs = 30 * 60_000
const settingsLimitMs = 30_000
const removeLimitMs = 30_000

interface OnHost extends Action { readonly target: ContextHost }

export interface InstallPackages extends OnHost {
  readonly kind: 'host.install-packages'
  readonly packages: readonly string[]
  /** What the user typed, to be repeated. */
  readonly command: string
}

export const hostInstallPackages = defineAction<InstallPackages>({
  kind: 'host.install-packages',
  describe: ({target, packages}) => [`ssh ${target.ssh} apt-get -y update`, `ssh ${target.ssh} apt-get -y --no-install-recommends install ${packages.join(' ')}`],
  run: async ({target, packages, command}, context) => {
    const connection = await (await connectorOf(context)).openLogin(target, context.signal)
    try {
      const options = {host: target.name, signal: context.signal, limitMs: packagesLimitMs}
      context.log.notice?.(`${target.name}: installs ${packages.join(', ')}`)
      const lines = await runScript(connection, refreshPackages, [], {...options, what: 'fetching the lists of packages'})
      const offered = lines.find((line) => line.startsWith('offered='))?.slice('offered='.length) ?? ''
      // Before the lists were there nobody could tell.
      if (packages.includes('nodejs') && !isNewEnough(offered)) throw noNode({host: target.name, command, found: '', offered})
      await runScript(connection, installPackages, [packages.join(' ')], {...options, what: 'installing the packages'})
    } finally {
      connection.close()
    }
  },
})

export interface AddIdRanges extends OnHost {
  readonly kind: 'host.add-id-ranges'
  readonly ranges: readonly IdRange[]
}

/** Ranges of ids of root's, for unprivileged containers. They stay when the host is removed: its containers need them. */
export const hostAddIdRanges = defineAction<AddIdRanges>({
  kind: 'host.add-id-ranges',
  describe: ({target, ranges}) => [`ssh ${target.ssh} usermod ${ranges.map((range) => `--add-${range.kind} ${rangeInWords(range)}`).join(' ')} root`],
  run: async ({target, ranges}, context) => {
    const connection = await (await connectorOf(context)).openLogin(target, context.signal)
    try {
      const input = ranges.map((range) => `${range.kind} ${rangeInWords(range)}`)
      await runScript(connection, addIdRanges, input, {host: target.name, what: 'giving root its id ranges', signal: context.signal, limitMs: settingsLimitMs})
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
      const totalBytes = files.reduce((sum, {data}) => sum + data.length, 0)
      let sentBytes = 0
      for (const file of files) {
        context.log.progress(sentBytes, totalBytes, `${target.name}: installs the agent`, 'bytes')
        await connection.upload(file.data, `${folder}/${file.path}`, file.mode, {signal: context.signal})
        sentBytes += file.data.length
      }
      context.log.progress(totalBytes, totalBytes, `${target.name}: installs the agent`, 'bytes')
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
    const connection = await (await connectorOf(context)).openLogin(target, context.signal).catch((error: unknown) => {
      if (!(error instanceof UnavailableError)) throw error
      throw new UnavailableError(`the agent on ${target.name} could not be removed`, {
        cause: error, nextSteps: ['Try again when it can be reached.', `Or forget a host that is gone for good: corral host remove ${target.name} --keep-agent`],
      })
    })
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
    const entry = await greeted(target, context)
    const {files} = context.host
    const before = await readContextsText(path, files)
    const after = await withHost(before, contextName, entry, path)
    if (before !== after) await writeContextsText(path, after, files, context.places)
  },
})
