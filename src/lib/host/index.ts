export * from './host.ts'
export type {AgentConnection, HostConnector, HostTarget} from './connector.ts'
export type * from './protocol/agent-client.ts'
