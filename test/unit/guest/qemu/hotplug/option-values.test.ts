import {describe, expect, it} from 'vitest'
import {readOption} from '../../../../../src/lib/guest/qemu/hotplug/option-values.ts'

describe('readOption', () => {
  it.each([
    ['scsi-hd,bus=scsihw0.0,lun=1,id=scsi1,bootindex=100', {head: 'scsi-hd', values: {bus: 'scsihw0.0', lun: 1, id: 'scsi1', bootindex: 100}}],
    ['virtio-net-pci,mq=on,packed=off,addr=0x12', {head: 'virtio-net-pci', values: {mq: true, packed: false, addr: '0x12'}}],
    ['type=user,id=net0,hostname=1', {head: undefined, values: {type: 'user', id: 'net0', hostname: '1'}}],
    ['memory-backend-ram,id=mem-dimm0,size=512M', {head: 'memory-backend-ram', values: {id: 'mem-dimm0', size: 536_870_912}}],
    ['usb-host,vendorid=0x0951,productid=0x1666,port=3,hostbus=1,hostport=2.1', {head: 'usb-host', values: {vendorid: 0x951, productid: 0x1666, port: '3', hostbus: 1, hostport: '2.1'}}],
    ['scsi-hd,serial=007,wwn=0x5000c500a0b0c0d1,write-cache=on', {head: 'scsi-hd', values: {serial: '007', wwn: '0x5000c500a0b0c0d1', 'write-cache': 'on'}}],
    ['file=/a,,b=c,id=drive-scsi1', {head: undefined, values: {file: '/a,b=c', id: 'drive-scsi1'}}],
    ['{"qom-type":"throttle-group","id":"t","limits":{}}', {head: undefined, values: {'qom-type': 'throttle-group', id: 't', limits: {}}}],
  ])('%s', (text, expected) => { expect(readOption(text)).toEqual(expected) })
})
