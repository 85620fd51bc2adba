// Volumes as streams.
export {monitorName, socketFolders, socketName} from './disk-bytes.ts'
export {commonStreamFormat} from './negotiate.ts'
export {serveNbd} from './nbd-server.ts'
export type {NbdSink, NbdSource} from './nbd-server.ts'
export {parseSizeHeader, sizeHeader, sizeHeaderBytes} from './size-header.ts'
export {SpeedLimit} from './speed-limit.ts'
