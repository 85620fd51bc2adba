// Lists of keys and digests, as the variables PK, KEK, db and dbx hold them: EFI_SIGNATURE_LIST of the UEFI specification (32.4.1, "Signature
// Database"). Every size is bounded before it is used. Pure.
import {InvalidInputError} from '../../../base/index.ts'

export interface Signature {
  /** 32 hexadecimal digits. */
  readonly owner: string
  /** A certificate (X.509, DER) or a digest. */
  readonly data: Buffer
}

export interface SignatureList {
  /** 32 hexadecimal digits. */
  readonly type: string
  readonly header: Buffer
  readonly signatures: readonly Signature[]
}

/** EFI_CERT_X509_GUID, as its bytes lie. */
export const certificateType = 'a159c0a5e494a74a87b5ab155c2bf072'

const listHeaderBytes = 28
const ownerBytes = 16
const maxLists = 4096
const maxSignatures = 65_536

/** @throws InvalidInputError when the sizes do not add up */
export function readSignatureLists(data: Buffer): SignatureList[] {
  const lists: SignatureList[] = []
  let at = 0
  while (at < data.length) {
    if (at + listHeaderBytes > data.length || lists.length === maxLists) throw damaged()
    const [listBytes, headerBytes, signatureBytes] = [16, 20, 24].map((field) => data.readUInt32LE(at + field)) as [number, number, number]
    const bodyBytes = listBytes - listHeaderBytes - headerBytes
    if (signatureBytes <= ownerBytes || bodyBytes < 0 || bodyBytes % signatureBytes !== 0 || at + listBytes > data.length) throw damaged()
    if (bodyBytes / signatureBytes > maxSignatures) throw damaged()
    const bodyAt = at + listHeaderBytes + headerBytes
    lists.push({
      type: data.toString('hex', at, at + 16),
      header: data.subarray(at + listHeaderBytes, bodyAt),
      signatures: Array.from({length: bodyBytes / signatureBytes}, (_, index) => {
        const signatureAt = bodyAt + index * signatureBytes
        return {owner: data.toString('hex', signatureAt, signatureAt + ownerBytes), data: data.subarray(signatureAt + ownerBytes, signatureAt + signatureBytes)}
      }),
    })
    at += listBytes
  }
  return lists
}

/** Lists without signatures are left out. */
export function formatSignatureLists(lists: readonly SignatureList[]): Buffer {
  return Buffer.concat(lists.flatMap(({type, header, signatures}) => {
    const [first] = signatures
    if (first === undefined) return []
    const signatureBytes = ownerBytes + first.data.length
    const head = Buffer.alloc(listHeaderBytes)
    head.write(type, 0, 'hex')
    head.writeUInt32LE(listHeaderBytes + header.length + signatures.length * signatureBytes, 16)
    head.writeUInt32LE(header.length, 20)
    head.writeUInt32LE(signatureBytes, 24)
    return [head, header, ...signatures.flatMap(({owner, data}) => [Buffer.from(owner, 'hex'), data])]
  }))
}

function damaged(): InvalidInputError {
  return new InvalidInputError('this is no list of keys, or a damaged one')
}
