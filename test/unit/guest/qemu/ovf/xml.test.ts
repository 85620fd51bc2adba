import {describe, expect, it} from 'vitest'
import {parseXml} from '../../../../../src/lib/guest/qemu/ovf/xml.ts'
import type {XmlElement} from '../../../../../src/lib/guest/qemu/ovf/xml.ts'

const outline = ({name, namespace, text, attributes, children}: XmlElement): unknown =>
  [namespace === '' ? name : `{${namespace}}${name}`, ...attributes.map(({name: key, value}) => `${key}=${value}`), ...(text.trim() === '' ? [] : [text]), ...children.map(outline)]

describe('parseXml', () => {
  it('reads elements, attributes, text and namespaces', () => {
    const text = `<?xml version="1.0" encoding="utf-8"?><!-- a --><a:Top xmlns:a="urn:a" xmlns="urn:d" x='1' a:y = "&quot;2&#x41;">
      <One>b &amp; c<![CDATA[<d>]]></One><a:Two xmlns:a="urn:b"/><?page x?></a:Top >\n`
    expect(outline(parseXml(text))).toEqual(['{urn:a}Top', 'x=1', 'y="2A', ['{urn:d}One', 'b & c<d>'], ['{urn:b}Two']])
  })

  it('takes a byte order mark', () => {
    expect(parseXml('\uFEFF<a/>').name).toBe('a')
  })

  it.each([
    ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 'document type'],
    ['<a><!ENTITY x SYSTEM "file:///etc/passwd"></a>', 'document type'],
    ['<a>&x;</a>', 'the entity &x; is not known'],
    ['<a>&amp</a>', "'&' does not begin an entity"],
    ['<a>&#0;</a>', 'control character'],
    ['<a>&#xD800;</a>', 'control character'],
    ['<a>\u0007</a>', 'control character'],
    ['<a x="1" x="2"/>', 'stands twice'],
    ['<a x="1"y="2"/>', 'no space between'],
    ['<a x=1/>', 'does not stand in quotes'],
    ['<a x="<"/>', "holds '<'"],
    ['<a><b></a></b>', '</a> ends <b>'],
    ['<a>', '<a> has no end'],
    ['<a/><b/>', 'second outermost'],
    ['x<a/>', 'outside the outermost'],
    ['<a/>x', 'outside the outermost'],
    ['', 'there is no element'],
    ['<b:a/>', 'stands for nothing'],
    ['<a><!-- x', 'a comment has no end'],
    ['<?xml version="1.0" encoding="UTF-16"?><a/>', "'UTF-16' is not UTF-8"],
    ['<1a/>', 'no name'],
    ['<a\n\n x', 'line 3'],
  ])('refuses %j', (text, reason) => {
    expect(() => parseXml(text)).toThrow(reason)
  })

  it('has bounds', () => {
    expect(() => parseXml('<a>'.repeat(65))).toThrow('more than 64 deep')
    expect(() => parseXml(`<a>${'<b/>'.repeat(50_000)}</a>`)).toThrow('more than 50000 elements')
    expect(() => parseXml(`<a ${Array.from({length: 65}, (_, n) => `x${n}=""`).join(' ')}/>`)).toThrow('more than 64 attributes')
    expect(() => parseXml(`<a>${' '.repeat(4 * 1024 * 1024)}</a>`)).toThrow('larger than 4 MiB')
    expect(() => parseXml(`<${'a'.repeat(300)}/>`)).toThrow('no name')
  })
})
