// The files by which a host looks at the schedule: what cron's shell and systemd make of them.
import {spawnSync} from 'node:child_process'
import {expect, it} from 'vitest'
import {cronFile, systemdFiles} from '../../../../src/lib/backup/schedule/schedule-files.ts'

it('the line for cron is one that cron takes, whatever the folder is called', () => {
  const {path, text} = cronFile({node: 'h1', places: {root: "/srv/a b'%c"}})
  expect(path).toMatch(/^\/etc\/cron\.d\/corral-[A-Za-z0-9-]+$/)
  const line = text.split('\n').find((each) => each.startsWith('*')) ?? ''
  const command = /^(?:\* ){5}root (.*)$/.exec(line)?.[1] ?? ''
  // What cron gives to the shell: up to the first % that is not escaped.
  expect(command).not.toMatch(/(?<!\\)%/)
  const {stdout} = spawnSync('/bin/sh', ['-c', `printf '%s\\n' ${command.replaceAll(String.raw`\%`, '%')}`], {encoding: 'utf8'})
  expect(stdout.split('\n').slice(0, 4)).toEqual(['/usr/bin/env', 'CORRAL_CONTEXT=local', "CORRAL_ROOT=/srv/a b'%c", 'CORRAL_NODE=h1'])
  expect(stdout).toMatch(/\nschedule\nrun\n$/)
})

it('that of the installation of the host has no names in it', () => {
  expect(cronFile({node: 'h1', places: {root: undefined}})).toMatchObject({path: '/etc/cron.d/corral', text: expect.not.stringContaining('CORRAL_ROOT') as string})
  expect(systemdFiles({node: 'h1', places: {root: undefined}}).map(({path}) => path)).toEqual(['/etc/systemd/system/corral-schedule.service', '/etc/systemd/system/corral-schedule.timer'])
})

it('units have what systemd expands escaped', () => {
  const [service] = systemdFiles({node: 'h1', places: {root: '/srv/50% $x'}})
  expect(service?.text).toContain('Environment="CORRAL_ROOT=/srv/50%% $$x"')
})
