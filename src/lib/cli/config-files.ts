// The configuration files that have a man page of section 5, with the schemas that they are read by.
import type {ConfigFile} from '../spec/generate/config-page.ts'

export async function configFiles(): Promise<ConfigFile[]> {
  return []
}
