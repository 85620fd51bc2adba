// The doors of the spec that a command passes on its way: what a command and a value are, reading the words, checking the values. What few
// commands need is imported by its own module instead, so that the others do not load it: section-config.ts, section-schema.ts,
// render.ts, shell-words.ts, kernel-version.ts, usage.ts, and the generators in generate/.
export * from './command-line.ts'
export * from './command.ts'
export {checkFormat, formatNames, splitList} from './formats.ts'
export {didYouMean, nearestWord} from './nearest.ts'
export {expandedNames, findParam, inputNames, resolveAlias, typedParams} from './params.ts'
export * from './property-string.ts'
export {isListFormat, quoteValue, readAs, readBoolean, readInteger, readNumber} from './read-value.ts'
export * from './schema.ts'
export * from './size.ts'
export * from './standard.ts'
export * from './validate.ts'
