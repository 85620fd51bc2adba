#!/usr/bin/env node
// `npm run -s conformance -- FILE… [--verbose] [--json]`: puts the cases of the files to the product and prints what came out for each suite.
// Works from a checkout that was never built. See docs/conformance.md.
import path from 'node:path'
import './run-typescript.mjs'

const {main} = await import('../test/conformance/main.ts')
// npm changes to the root of the project; files are named from where it was called.
const words = process.argv.slice(2).map(word => (word.startsWith('--') ? word : path.resolve(process.env.INIT_CWD ?? '.', word)))
process.exitCode = await main(words, {out: text => process.stdout.write(text), err: text => process.stderr.write(text)})
