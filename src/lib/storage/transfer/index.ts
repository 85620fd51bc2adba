// Volumes as streams.
export {commonStreamFormat} from './negotiate.ts'
export {parseSizeHeader, sizeHeader, sizeHeaderBytes} from './size-header.ts'
