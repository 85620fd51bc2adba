import {describe, expect, it} from 'vitest'
import {hashedPassword, newSalt, sha256Crypt} from '../../../src/lib/guest/password-hash.ts'

describe('the hash of a password', () => {
  // The first two are of the algorithm's own document, the last was made with `openssl passwd -5`.
  it.each([
    ['Hello world!', 'saltstring', '$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5'],
    ['This is just a test', 'toolongsaltstring', '$5$toolongsaltstrin$Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGRcvxa5'],
    ['a password longer than thirty-two bytes, which is a block of it äö', 'abc', '$5$abc$8wmUv9Yk.o5V12VvRW/cabHvvPo46jh7O97DAR.Y7T6'],
  ])('of %j with the salt %s is crypt(3)\'s', (password, salt, hash) => {
    expect(sha256Crypt(password, salt)).toBe(hash)
  })

  it('is not made of a hash', () => {
    const hash = '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjlO/O817G3uBnIFNjnQJuesI68OTLiBFdcbYEdFCoEOfaS35inz1'
    expect(hashedPassword(hash, 'x')).toBe(hash)
    expect(hashedPassword('$5$', newSalt())).toMatch(/^\$5\$[./0-9A-Za-z]{16}\$/)
  })
})
