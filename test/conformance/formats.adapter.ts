// Suite formats: ids, sizes, durations, time stamps, task ids, quoting.
import {formatUpid, parseUpid, taskStatusOfLog} from '../../src/lib/base/index.ts'
import {checkFormat, convertSize, readAs} from '../../src/lib/spec/index.ts'
import {parseKernelVersion} from '../../src/lib/spec/kernel-version.ts'
import {renderBytes, renderDuration, renderFraction, renderTimestamp, renderTimestampUtc} from '../../src/lib/spec/render.ts'
import {shellJoin, shellQuote, shellSplit} from '../../src/lib/spec/shell-words.ts'
import {Refusal, Unsupported, attempt, compareData, type Adapter, type Data} from './adapter.ts'
import {readSchema, type PveSchema} from './pve-schema.ts'

export const adapter: Adapter = {
  answer: input => attempt(() => ask(input)),
  differences(answer, expect) {
    if (answer instanceof Refusal) return expect['error'] === true || expect['valid'] === false ? [] : [`was refused: ${answer.message}`]
    if (expect['error'] === true) return [`was not refused but answered ${JSON.stringify(answer)}`]
    return Object.keys(expect).flatMap(key => compareData((answer as Data)[key], expect[key], key))
  },
}

function ask(input: Data): Data {
  const text = (name: string) => (typeof input[name] === 'string' ? input[name] : '')
  switch (input['do']) {
    case 'configid': return {valid: checkFormat('pve-configid', text('text')) === undefined}
    case 'render': return {text: render(input)}
    case 'convert-size': {
      const rounding = input['rounding'] === 'floor' ? 'floor' : 'ceil'
      return {value: convertSize(input['value'] as string | number | null, text('from'), text('to'), rounding)}
    }
    case 'upid-encode': return {text: formatUpid(input['task'] as Parameters<typeof formatUpid>[0])}
    case 'upid-decode': return {task: parseUpid(text('text'))}
    case 'task-status': return {status: taskStatusOfLog(text('log'))}
    case 'api-parameter':
      return {value: readAs(readSchema(input['schema'] as PveSchema), input['value'])}
    case 'shell-quote': return {text: shellQuote(text('text'))}
    case 'shell-join-and-split': return {args: shellSplit(shellJoin(input['args'] as string[]))}
    case 'kernel-version': {
      const {major, minor, patch, rest, full} = parseKernelVersion(text('proc-version'))
      return {parts: [major, minor, patch, rest, full]}
    }
    default: throw new Unsupported(`formats has no operation '${text('do')}'`)
  }
}

function render(input: Data): string {
  const value = typeof input['value'] === 'number' ? input['value'] : Number(input['value'] ?? 0)
  switch (input['renderer']) {
    case 'timestamp': return renderTimestamp(value, input['tz'] as string | undefined)
    case 'timestamp_gmt': return renderTimestampUtc(value)
    case 'duration': return renderDuration(value)
    case 'fraction_as_percentage': return renderFraction(value)
    case 'bytes': return renderBytes(value, input['precision'] as number | undefined)
    default: throw new Unsupported(`there is no renderer '${String(input['renderer'])}'`)
  }
}
