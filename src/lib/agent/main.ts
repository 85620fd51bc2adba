// The program corral-agent: what runs on a host, all of it in one file (scripts/bundle-agent.mjs). The first word says as what.
import {fileURLToPath} from 'node:url'
import {errorChain} from '../base/index.ts'
import {localHost} from '../host/local/index.ts'
import {agentVersion} from './version.ts'
import {workerArgv} from './bundled-programs.ts'
import {takeEnvironment} from './environment.ts'
import type {AgentParts} from './stdio.ts'

const usage = `Usage: corral-agent --stdio | --terminal | --version

The part of Corral on a host, which a client starts over SSH. See corral-agent(8).
`

async function main([mode, ...words]: readonly string[]): Promise<void> {
  if (mode === '--version') { process.stdout.write(`${agentVersion}\n`); return }
  await takeEnvironment(fileURLToPath(new URL('./environment', import.meta.url)), localHost('this host').files, process.env)
  const catalog = async () => (await import('../catalog.ts')).catalog
  const parts: AgentParts = {version: agentVersion, catalog, env: process.env, workerArgv: workerArgv()}
  switch (mode) {
    case '--stdio': await (await import('./stdio.ts')).answerStandardStreams(parts); return
    case '--terminal': await (await import('./terminal.ts')).runTerminal(parts); return
    case '--worker': await (await import('../tasks/worker.ts')).workerProgram({loadCatalog: catalog, workerArgv: workerArgv()}); return
    case '--qmeventd': await import('../guest/qemu/qmeventd/main.ts'); return
    case '--command': process.exitCode = await (await import('./run-words.ts')).runWords(words, parts); return
    default:
      process.stderr.write(usage)
      process.exitCode = 2
  }
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`corral-agent: ${errorChain(error).join(': ')}\n`)
  process.exitCode = 1
}
