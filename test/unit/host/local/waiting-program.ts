// Runs a program that writes down its number and waits, for a test that kills this process.
import {localHost} from '../../../../src/lib/host/local/index.ts'

await localHost('h1').run(['sh', '-c', 'echo $$ > "$1"; exec sleep 60', 'sh', process.argv[2] ?? ''], {diesWithUs: true})
