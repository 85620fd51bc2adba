// Lets Node 20 import the project's TypeScript as it stands, with neither a build nor a bundler: `import './run-typescript.mjs'` first, then
// import .ts files. Types are stripped by the TypeScript compiler file by file and not checked (`npm run types` does that). For
// development programs only; what users run is compiled.
import {register} from 'node:module'

register('./typescript-loader.mjs', import.meta.url)
