// The ssh2 package, loaded when the first connection is made: in the bundled program a plain import would load it with every command, which
// takes as long as a whole command may take.
import {createRequire} from 'node:module'
import type * as ssh2Module from 'ssh2'

type Ssh2 = typeof ssh2Module

const require = createRequire(import.meta.url)
let loaded: Ssh2 | undefined

export function ssh2(): Ssh2 {
  loaded ??= require('ssh2') as Ssh2
  return loaded
}
