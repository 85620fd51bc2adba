// What a download is: the words of Host.download. Nothing of how it is done.

export const checksumAlgorithms = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number]

export interface Checksum { readonly algorithm: ChecksumAlgorithm; /** Hexadecimal digits, in either case. */ readonly digest: string }

export interface DownloadRequest {
  /** http or https, without a user and password. */
  readonly url: string
  /** The file that is made: whole, checked and on disk, or not at all. One that is there is never replaced. Its folder must exist. */
  readonly path: string
  /** Longer answers are given up. */
  readonly maxBytes: number
  /** The whole of it, however slowly the bytes come. */
  readonly timeoutMs: number
  /** Without a byte for this long it is given up. Default 30,000. */
  readonly idleTimeoutMs?: number
  readonly checksum?: Checksum
  /**
   * any: also addresses of this host and of private networks, for addresses that an administrator has set; public: none of these, so that whoever may
   * name an address cannot reach through us what they cannot reach themselves. Every address that a name has, and every redirection, is checked.
   */
  readonly addresses: 'any' | 'public'
  /** false: the certificate of the server is not looked at. Default true. */
  readonly verifyCertificates?: boolean
  /** Default 0o644. */
  readonly mode?: number
  readonly signal?: AbortSignal
  /** @param totalBytes undefined when the server does not say */
  readonly onProgress?: (doneBytes: number, totalBytes: number | undefined) => void
}

export interface Downloaded {
  readonly sizeBytes: number
  /** Where it came from in the end, after redirections. */
  readonly url: string
  readonly contentType?: string
}
