// Facts about this host for the argument builder.
export {pluggedCards, requireVlans, withMissingBridges} from './bridges.ts'
export {cpuModelName, parseCustomCpuModels} from './custom-cpu-models.ts'
export {pathBacking, driveBacking, volumeBacking} from './drive-backings.ts'
export {gatherFacts} from './gather-facts.ts'
