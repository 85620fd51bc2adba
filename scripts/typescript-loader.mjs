// The loader behind run-typescript.mjs; Node runs it in a thread of its own.
import fs from 'node:fs/promises'
import {fileURLToPath} from 'node:url'
import ts from 'typescript'

const compilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  inlineSourceMap: true,
}

export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context)
  const fileName = fileURLToPath(url)
  const {outputText} = ts.transpileModule(await fs.readFile(fileName, 'utf8'), {fileName, compilerOptions})
  return {format: 'module', source: outputText, shortCircuit: true}
}
