// The action that calls the script of the backups in a phase.
import {commandLine, defineAction} from '../../../tasks/index.ts'
import type {ScriptCall} from '../call-script.ts'
import {callScript, scriptArgv} from '../call-script.ts'

export const script = defineAction<ScriptCall>({
  kind: 'backup.call-script',
  describe: (call) => [commandLine(scriptArgv(call))],
  run: callScript,
})
