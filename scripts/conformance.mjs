#!/usr/bin/env node
// `npm run -s conformance -- FILE… [--verbose] [--json]`: puts the cases of the files to the product and prints what came out for each suite.
// Works from a checkout that was never built. See docs/conformance.md.
import './run-typescript.mjs'

const {main} = await import('../test/conformance/main.ts')
process.exitCode = await main(process.argv.slice(2), {out: text => process.stdout.write(text), err: text => process.stderr.write(text)})
