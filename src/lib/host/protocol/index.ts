// What other folders take of the protocol.
export {agentClient, agentMethodNames, terminalReady, wrongCall} from './agent-client.ts'
export type {
  AgentClient, AgentHello, HostCheck, LogLine, RemoteInvocation, RemoteOutcome, RemoteTaskEnd, RemoteTaskStart, TaskEvents,
} from './agent-client.ts'
export {protocolVersion} from './frames.ts'
export {isObject} from './json-payload.ts'
export {openPeer} from './peer.ts'
export type {CallOptions, IncomingCall, Method, Peer, PeerOptions} from './peer.ts'
