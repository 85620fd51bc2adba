// Where the kernel's control groups are mounted, from the table of mounts (proc_pid_mountinfo(5)). Pure.

export interface GroupMount {
  readonly path: string
  /** What of the hierarchy is mounted there; `/` for all of it. */
  readonly root: string
}

export interface GroupMounts {
  readonly v2?: GroupMount
  /** Of version 1, by controller. */
  readonly v1: Readonly<Record<string, GroupMount>>
}

/** Hosts with thousands of mounts have some of them. */
export const longestMountTable = 16 * 1024 * 1024

const controllers: ReadonlySet<string> = new Set(['blkio', 'cpu', 'cpuacct', 'cpuset', 'devices', 'freezer', 'hugetlb', 'memory', 'net_cls', 'net_prio', 'perf_event', 'pids', 'rdma'])

/** The first mount of each counts, as it is the one that others use. */
export function parseGroupMounts(text: string): GroupMounts {
  let v2: GroupMount | undefined
  const v1: Record<string, GroupMount> = {}
  for (const line of text.split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    const [, , , root = '', path = ''] = before.split(' ').map((word) => word.replace(/\\040/g, ' '))
    const [type = '', , options = ''] = after.split(' ')
    if (path === '') continue
    if (type === 'cgroup2') v2 ??= {path, root}
    if (type === 'cgroup') for (const option of options.split(',')) if (controllers.has(option)) v1[option] ??= {path, root}
  }
  return {...(v2 === undefined ? {} : {v2}), v1}
}
