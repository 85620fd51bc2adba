// A command's result, or the plan of a dry run, on stdout.
import type {StandardOptions} from '../spec/command-line.ts'
import type {CommandSpec} from '../spec/index.ts'
import type {Plan} from '../tasks/index.ts'
import {renderResult, textStyle} from './render/index.ts'
import {writeOut} from './streams.ts'
import type {Surroundings} from './surroundings.ts'

/**
 * Writes the result in the format that was asked for; nothing with --quiet.
 * @param ownText words the result where the spec's `output` cannot
 */
export async function printResult(
  result: unknown, spec: CommandSpec, standard: StandardOptions, {streams, env}: Surroundings, ownText?: (result: unknown) => readonly string[],
): Promise<void> {
  if (env['CORRAL_TEST_CHECK_RESULTS'] === '1') await (await import('./check-result.ts')).checkResult(result, spec)
  if (standard.quiet) return
  const isOwn = ownText !== undefined && standard.outputFormat === 'text'
  const text = await renderResult(isOwn ? ownText(result) : result, isOwn ? {as: 'lines'} : spec.output, {
    format: standard.outputFormat, hasHeader: !standard.noheader, hasBorder: !standard.noborder, isHumanReadable: standard.humanReadable,
    style: textStyle(streams.stdout, env),
  })
  await writeOut(text, streams)
}

/** Writes what would be done: host commands and configuration changes a line each, or the plan itself as data. */
export async function printPlan(
  {plan, lines}: {readonly plan: Plan; readonly lines: readonly string[]}, standard: StandardOptions, {streams, env}: Surroundings,
): Promise<void> {
  const format = standard.outputFormat
  const style = textStyle(streams.stdout, env)
  const data = {steps: plan.steps, ...(plan.afterwards === undefined ? {} : {afterwards: plan.afterwards}), 'when-interrupted': plan.whenInterrupted}
  const text = await renderResult(format === 'text' ? lines : data, {as: 'lines'}, {format, hasHeader: true, hasBorder: true, isHumanReadable: true, style})
  await writeOut(text === '' ? 'Nothing would be changed.\n' : text, streams)
}
