export * from './host.ts'
export {leftoversIn} from './leftovers.ts'
export type {AgentBundle, AgentConnection, AgentFile, HostConnector, HostTarget} from './connector.ts'
export type * from './protocol/agent-client.ts'
