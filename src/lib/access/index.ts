// What other folders take: who may do what. Users' passwords, realms and their commands are not built yet.
export {privilegesAt, rolesAt, rootUser} from './permissions.ts'
export {builtInRoles, privileges} from './roles.ts'
export {parseUserConfig} from './user-config.ts'
export type {UserConfig} from './user-config.ts'
