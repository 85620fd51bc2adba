// The pages about concepts, docs/concepts/<topic>.md: man pages of section 7 and the topics of `corral help`. They are Markdown as
// scripts/man-roff.mjs understands it, and are read from the folder when they are asked for.
import fs from 'node:fs'
import path from 'node:path'
import {productRoot} from './version.ts'

export interface ConceptPage {
  /** The file's name without its ending, which is the word behind `corral help`. */
  readonly topic: string
  /** What stands in its first line behind the name. */
  readonly summary: string
  /** Markdown. */
  readonly text: string
}

const folder = path.join(productRoot, 'docs/concepts')

/** The topics, sorted; none where the folder was not installed. */
export function conceptTopics(): readonly string[] {
  if (!fs.existsSync(folder)) return []
  return fs.readdirSync(folder).filter((name) => name.endsWith('.md')).map((name) => name.slice(0, -'.md'.length)).toSorted()
}

/** @param topic one of conceptTopics. @throws Error for a page without its first line */
export function conceptPage(topic: string): ConceptPage {
  const text = fs.readFileSync(path.join(folder, `${topic}.md`), 'utf8')
  const summary = new RegExp(`^# corral-${topic}\\(7\\) -- (.+)\\n`).exec(text)?.[1]
  if (summary === undefined) throw new Error(`docs/concepts/${topic}.md does not begin with '# corral-${topic}(7) -- …'`)
  return {topic, summary, text}
}

export function conceptPages(): readonly ConceptPage[] {
  return conceptTopics().map(conceptPage)
}
