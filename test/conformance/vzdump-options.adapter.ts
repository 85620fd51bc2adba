// Suite vzdump-options: the options that a job ends up with, from the command, the storage and vzdump.conf.
import {checkJobOptions, jobOptions} from '../../src/lib/backup/vzdump/job-options.ts'
import {spec} from '../../src/lib/backup/vzdump/commands/vzdump.spec.ts'
import {parseVzdumpConf, type BackupOptions} from '../../src/lib/backup/vzdump/vzdump-conf.ts'
import {checkParams} from '../../src/lib/spec/index.ts'
import {parseStorageConfig} from '../../src/lib/storage/storage-config.ts'
import {Refusal, attempt, compareData, type Adapter} from './adapter.ts'

export const adapter: Adapter = {
  answer(input) {
    return attempt(() => {
      const asked = checkParams(spec.params, input['params'] as Readonly<Record<string, unknown>>) as BackupOptions
      checkJobOptions(asked)
      const conf = parseVzdumpConf(String(input['vzdump.conf']))
      const {sections} = parseStorageConfig(String(input['storage.cfg']))
      const {retention, removes, mailTo} = jobOptions(asked, conf, sections[String(asked.storage)])
      // Without a rule all backups are kept, which the suite writes as a rule of its own.
      const prune = Object.keys(retention).length === 0 ? {'keep-all': 1} : retention
      return {options: only({'prune-backups': prune, remove: removes ? 1 : 0, mailto: mailTo}, input['wanted'] as readonly string[])}
    })
  },
  differences(answer, expect) {
    if (expect['error'] === true) return answer instanceof Refusal ? [] : ['was not refused']
    return answer instanceof Refusal ? [`was refused: ${answer.message}`] : compareData(answer, expect)
  },
}

function only(options: Readonly<Record<string, unknown>>, wanted: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => wanted.includes(name)))
}
