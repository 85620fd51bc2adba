import {defineCommand, std} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral storage annotate',
  summary: 'Write notes to a backup, or protect it.',
  description: `Notes are a text that \`pvesm list\` shows to programs. A protected backup is neither removed by hand nor pruned. How many backups of a guest may be
protected says \`max-protected-backups\` of the storage; where it says nothing there is no limit for those who may allocate on the storage, and one of 5 for others.`,
  api: {method: 'PUT', path: '/nodes/{node}/storage/{storage}/content/{volume}'},
  params: {
    volume: {...std.volume, maxLength: 1200, description: 'The volume id of a backup, such as `local:backup/vzdump-qemu-100-2025_01_31-12_00_00.vma.zst`.'},
    storage: {...std.storage, optional: true, description: 'The storage on which the backup lies, for one given without it.'},
    notes: {type: 'string', maxLength: 65_536, multiLine: true, optional: true, placeholder: 'text', description: 'The new notes, in place of what there are. An empty text takes them away.'},
    protected: {type: 'boolean', optional: true, description: 'Whether the backup is protected.'},
  },
  args: ['volume'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'node',
  needs: {path: '/storage/{storage}', privilege: 'Datastore.AllocateSpace'},
  examples: [
    {line: 'corral storage annotate nas:backup/vzdump-qemu-100-2025_01_31-12_00_00.vma.zst --protected 1', meaning: 'Keep this backup, whatever the rules for pruning say.'},
    {line: "corral storage annotate nas:backup/vzdump-qemu-100-2025_01_31-12_00_00.vma.zst --notes 'before the upgrade'", meaning: 'Say what it is.'},
  ],
  seeAlso: ['pvesm list', 'pvesm prune-backups', 'pvesm free'],
})
