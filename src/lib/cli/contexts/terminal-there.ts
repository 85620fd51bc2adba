// Interactive commands on a host: a second channel with a pseudo-terminal, which the agent takes over for the invocation that was left with it.
import {UnsupportedError} from '../../base/index.ts'
import type {AgentClient, RemoteInvocation} from '../../host/index.ts'
import type {ContextHost} from '../../hosts/contexts.ts'
import type {Surroundings} from '../surroundings.ts'

/** @returns the exit code */
export function runTerminalThere({command}: RemoteInvocation, host: ContextHost, _agent: AgentClient, _surroundings: Surroundings): Promise<number> {
  return Promise.reject(new UnsupportedError(`'${command}' cannot be used on another host yet`, {nextSteps: [`Log in and use it there: ssh ${host.ssh}`]}))
}
