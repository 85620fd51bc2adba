// Finds every regular expression of the source: literals, `new RegExp` of texts that can be worked out from the constants of the file,
// and the patterns of schemas. What it cannot work out it says, so that nothing stays unseen.
import {readFileSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import ts from 'typescript'

export interface SourcePattern {
  /** `src/lib/spec/size.ts:15` */
  readonly place: string
  readonly source: string
  readonly flags: string
}

export interface FoundPatterns {
  readonly patterns: readonly SourcePattern[]
  /** `src/lib/x.ts: new RegExp(…)` of what is known only when it runs. */
  readonly unknown: readonly string[]
}

/** @param standIns what an expression in a pattern may be, by its text, where it is no constant (`vmid`: `100`) */
export function patternsOfSource(root: string, standIns: Readonly<Record<string, string>>): FoundPatterns {
  const patterns = new Map<string, SourcePattern>()
  const unknown: string[] = []
  for (const name of readdirSync(join(root, 'src'), {recursive: true}).map(String).filter((file) => file.endsWith('.ts'))) {
    const file = ts.createSourceFile(name, readFileSync(join(root, 'src', name), 'utf8'), ts.ScriptTarget.Latest, true)
    const constants = new Map<string, ts.Expression>()
    for (const statement of file.statements) {
      if (!ts.isVariableStatement(statement)) continue
      for (const {name: constant, initializer} of statement.declarationList.declarations) if (initializer !== undefined) constants.set(constant.getText(), initializer)
    }
    const add = (node: ts.Node, source: string, flags: string) => {
      const place = `src/${name}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`
      patterns.set(`/${source}/${flags}`, patterns.get(`/${source}/${flags}`) ?? {place, source, flags})
    }
    const visit = (node: ts.Node): void => {
      if (ts.isRegularExpressionLiteral(node)) {
        const end = node.text.lastIndexOf('/')
        add(node, node.text.slice(1, end), node.text.slice(end + 1))
      } else if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'RegExp') {
        const [source, flags] = [...node.arguments ?? []].map((argument) => textOf(argument, constants, standIns))
        if (source === undefined) unknown.push(`src/${name}: ${node.getText()}`)
        else add(node, source, flags ?? '')
      } else if (ts.isPropertyAssignment(node) && node.name.getText() === 'pattern') {
        const source = textOf(node.initializer, constants, standIns)
        // As json-schema.ts puts it.
        if (source !== undefined) add(node, `^(?:${source})$`, 'u')
      }
      ts.forEachChild(node, visit)
    }
    visit(file)
  }
  return {patterns: [...patterns.values()], unknown}
}

/** The text of an expression made of literals, constants of the file and stand-ins. */
function textOf(node: ts.Expression, constants: ReadonlyMap<string, ts.Expression>, standIns: Readonly<Record<string, string>>): string | undefined {
  const standIn = standIns[node.getText()]
  if (standIn !== undefined) return standIn
  if (ts.isStringLiteralLike(node)) return node.text
  if (ts.isIdentifier(node)) {
    const constant = constants.get(node.text)
    return constant === undefined ? undefined : textOf(constant, constants, standIns)
  }
  if (ts.isTaggedTemplateExpression(node)) {
    return node.tag.getText() === 'String.raw' && ts.isNoSubstitutionTemplateLiteral(node.template) ? node.template.rawText ?? node.template.text : undefined
  }
  if (!ts.isTemplateExpression(node)) return undefined
  const parts = node.templateSpans.map(({expression, literal}) => {
    const text = textOf(expression, constants, standIns)
    return text === undefined ? undefined : text + literal.text
  })
  return parts.includes(undefined) ? undefined : node.head.text + parts.join('')
}
