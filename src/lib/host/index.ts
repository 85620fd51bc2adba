export * from './host.ts'
export type {AgentBundle, AgentConnection, AgentFile, HostConnector, HostTarget} from './connector.ts'
export type * from './protocol/agent-client.ts'
