// What the command line takes of the keeper.
export {withKeepers} from './kept-connector.ts'
export type {KeeperWishes} from './kept-connector.ts'
