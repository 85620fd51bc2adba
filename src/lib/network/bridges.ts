// Bridges of the host, as far as guests' network cards need them: whether one exists, and what to type when it does not.
import {InvalidInputError, NotFoundError, ToolError} from '../base/index.ts'
import type {Host} from '../host/index.ts'

/** Interface names have at most 15 bytes (IFNAMSIZ); we take the letters that need no thought anywhere. */
const interfaceName = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/

/** @throws InvalidInputError when a name cannot be that of a bridge */
export function checkBridgeName(name: string, option: string): void {
  if (interfaceName.test(name)) return
  throw new InvalidInputError(`'${name}' cannot be the name of a bridge (${option})`, {
    [option]: 'a bridge has a name of at most 15 letters, digits, dots, dashes and underscores',
  })
}

/** The command that makes a bridge, as it would be typed. */
export function bridgeCommand(name: string): string {
  return `ip link add name ${name} type bridge && ip link set ${name} up`
}

/** The bridge's MTU; undefined when there is no bridge by that name. The name must have been checked. */
export async function findBridge(name: string, host: Host): Promise<{mtu: number} | undefined> {
  const {stdout, exitCode} = await host.run(['ip', '-json', 'link', 'show', 'dev', name, 'type', 'bridge'], {timeoutMs: 10_000, okExitCodes: [0, 1]})
  return exitCode === 0 ? parseBridge(stdout, host.name) : undefined
}

/** Reads the answer of `ip -json link show dev NAME type bridge`, which is `[{}]` for a device of another type. */
export function parseBridge(text: string, hostName: string): {mtu: number} | undefined {
  let answer: unknown
  try {
    answer = text.trim() === '' ? [] : JSON.parse(text)
  } catch (cause) {
    throw new ToolError('ip gave something that is not JSON', {host: hostName, argv: ['ip', '-json', 'link'], exitCode: 0, stderr: '', cause})
  }
  const first: unknown = Array.isArray(answer) ? answer[0] : undefined
  const mtu = typeof first === 'object' && first !== null && 'mtu' in first ? first.mtu : undefined
  return typeof mtu === 'number' ? {mtu} : undefined
}

/**
 * @param option what names the bridge (`net0`), for the message
 * @throws NotFoundError with the command that makes the bridge; InvalidInputError when it cannot be a name
 */
export async function requireBridge(name: string, option: string, host: Host): Promise<{mtu: number}> {
  checkBridgeName(name, option)
  const bridge = await findBridge(name, host)
  if (bridge !== undefined) return bridge
  throw missingBridge(name, option)
}

/** @param option what names the bridge (`net0`) */
export function missingBridge(name: string, option: string, guest: 'machine' | 'container' = 'machine'): NotFoundError {
  return new NotFoundError(`there is no bridge '${name}' on this host (${option})`, {
    nextSteps: [
      `Make one: ${bridgeCommand(name)}`,
      guest === 'machine' ? `Or plug the card into another bridge, or leave out 'bridge' for a NAT made by QEMU.` : 'Or plug the interface into another bridge.',
    ],
    data: {bridge: name, option},
  })
}
