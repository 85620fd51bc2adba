// The version of this program: package.json's, which scripts/bundle-agent.mjs writes in here.

/** Replaced when the agent is bundled. */
export const agentVersion: string = 'unbundled'
