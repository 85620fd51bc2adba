// The limit of an interface's traffic by the kernel's own means (tc(8)), at the host's end: what the guest receives waits its turn, what it sends is dropped
// beyond the limit. Pure.
import {ToolError, UnsupportedError} from '../base/index.ts'

/** Over so many bytes at once the limit does not hold yet. */
const burstShare = 10
const leastBurstBytes = 65_536
const mebibyte = 1024 * 1024

/** `rate` of an interface is in megabytes a second, and a megabyte is 1024² bytes there. */
export function rateBytes(rate: number | undefined): number | undefined {
  return rate === undefined || rate === 0 ? undefined : Math.max(1, Math.round(rate * mebibyte))
}

export function rateCommands(device: string, bytesPerSecond: number): string[][] {
  const limit = ['rate', `${bytesPerSecond}bps`, 'burst', String(Math.max(leastBurstBytes, Math.round(bytesPerSecond / burstShare)))]
  return [
    ['tc', 'qdisc', 'add', 'dev', device, 'root', 'tbf', ...limit, 'latency', '100ms'],
    ['tc', 'qdisc', 'add', 'dev', device, 'handle', 'ffff:', 'ingress'],
    ['tc', 'filter', 'add', 'dev', device, 'parent', 'ffff:', 'protocol', 'all', 'prio', '50', 'u32', 'match', 'u32', '0', '0', 'action', 'police', ...limit, 'conform-exceed', 'drop'],
  ]
}

/** Takes a limit away again. */
export function noRateCommands(device: string): string[][] {
  return [['tc', 'qdisc', 'del', 'dev', device, 'root'], ['tc', 'qdisc', 'del', 'dev', device, 'ingress']]
}

/** tc's refusal of a limit in words. */
export function explainRateFailure(error: unknown, option: string): unknown {
  if (!(error instanceof ToolError) || error.failure.argv[0] !== 'tc') return error
  return new UnsupportedError(`'${option}' cannot be carried out: this kernel does not limit what an interface sends (act_police) or receives (sch_tbf)`, {cause: error, nextSteps: [`Leave the limit out, or load the modules: modprobe act_police`]})
}
