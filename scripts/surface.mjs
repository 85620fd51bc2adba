#!/usr/bin/env node
// `npm run -s surface`: prints our commands, arguments and options in the shape of Proxmox VE's published surface. Only what works is in
// it, because it comes from the specs and a spec has no option that does nothing. Needs a build.
import {surface} from '../dist/lib/cli/generated-files.js'

process.stdout.write(`${JSON.stringify(await surface(), undefined, 2)}\n`)
