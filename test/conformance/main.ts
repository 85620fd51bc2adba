// The command line of the conformance runner.
import {adapterOf} from './adapters.ts'
import {runSuiteFile, type SuiteResult} from './run-suite.ts'

export interface Streams { readonly out: (text: string) => void; readonly err: (text: string) => void }

const usage = 'Usage: npm run -s conformance -- FILE… [--verbose] [--json]\n'

/** @returns the exit code: 0 when every file was run, whatever came out; 1 when a file could not be; 2 for a wrong call */
export async function main(words: readonly string[], {out, err}: Streams): Promise<number> {
  const files = words.filter(word => !word.startsWith('--'))
  const unknown = words.find(word => word.startsWith('--') && word !== '--verbose' && word !== '--json')
  if (unknown !== undefined || files.length === 0) {
    err(unknown === undefined ? usage : `there is no option '${unknown}'\n${usage}`)
    return 2
  }
  const results: SuiteResult[] = []
  let exitCode = 0
  for (const file of files) {
    try {
      results.push(await runSuiteFile(file, adapterOf))
    } catch (error) {
      err(`${error instanceof Error ? error.message : String(error)}\n`)
      exitCode = 1
    }
  }
  if (words.includes('--json')) out(`${JSON.stringify(results, null, 1)}\n`)
  else for (const result of results) out(formatResult(result, words.includes('--verbose')))
  return exitCode
}

function formatResult(result: SuiteResult, isVerbose: boolean): string {
  const total = `${result.suite}: ${result.passed} passed, ${result.failed} failed, ${result.unsupported} unsupported\n`
  if (!isVerbose) return total
  const lines = result.cases.flatMap(({id, outcome, differences}) => [`  ${outcome.padEnd(11)} ${id}`, ...differences.map(line => `    ${line.replaceAll('\n', '\n    ')}`)])
  return `${lines.join('\n')}\n${total}`
}
