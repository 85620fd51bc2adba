import {describe, expect, it} from 'vitest'
import {ConflictError, InvalidInputError, NotFoundError} from '../../../../../src/lib/base/index.ts'
import {cpuModelName, parseCustomCpuModels, withChangedModel, withNewModel, withoutModel} from '../../../../../src/lib/guest/qemu/facts/custom-cpu-models.ts'

const file = 'cpu-model: fast\n\tflags +pcid;-hle\n\treported-model Skylake-Server\n\n'

describe('the file of CPU models', () => {
  it('gets a model more, in the form in which Proxmox VE has it', () => {
    const text = withNewModel('', 'fast', {'reported-model': 'Skylake-Server', flags: '+pcid;-hle'})
    expect(text).toBe(file)
    expect(parseCustomCpuModels(withNewModel(text, 'slow', {'reported-model': '486', hidden: true}))).toEqual({
      fast: {'reported-model': 'Skylake-Server', flags: '+pcid;-hle'}, slow: {'reported-model': '486', hidden: true},
    })
    expect(() => withNewModel(text, 'fast', {'reported-model': '486'})).toThrowError(ConflictError)
  })

  it('has a model changed and settings taken out', () => {
    expect(parseCustomCpuModels(withChangedModel(file, 'fast', {values: {'phys-bits': 'host'}, delete: ['flags']}))).toEqual({fast: {'reported-model': 'Skylake-Server', 'phys-bits': 'host'}})
    expect(() => withChangedModel(file, 'slow', {values: {}, delete: []})).toThrowError(NotFoundError)
    expect(() => withChangedModel(file, 'fast', {values: {}, delete: ['colour']})).toThrowError(InvalidInputError)
    expect(() => withChangedModel(file, 'fast', {values: {hidden: true}, delete: ['hidden']})).toThrowError(/set and deleted at once/)
  })

  it('loses a model', () => {
    expect(withoutModel(file, 'fast')).toBe('')
    expect(() => withoutModel(file, 'slow')).toThrowError(NotFoundError)
  })

  it('takes names with and without custom-, and no others', () => {
    expect([cpuModelName('fast'), cpuModelName('custom-fast')]).toEqual(['fast', 'fast'])
    for (const name of ['', 'custom-', 'bad name', 'a', 'x'.repeat(41), '../x', 'custom-x:y']) expect(() => cpuModelName(name), name).toThrowError(InvalidInputError)
  })
})
