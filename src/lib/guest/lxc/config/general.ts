// The keys of pct.conf that describe the container and its life on the host.
import type {Params} from '../../../spec/index.ts'

export const osTypes = ['debian', 'devuan', 'ubuntu', 'centos', 'fedora', 'opensuse', 'archlinux', 'alpine', 'gentoo', 'nixos', 'unmanaged'] as const

export const featuresFormat = {
  force_rw_sys: {type: 'boolean', default: false, optional: true, description: 'Mount /sys writable in an unprivileged container, instead of leaving parts of it read-only.'},
  fuse: {type: 'boolean', default: false, optional: true, description: 'Give the container /dev/fuse, for file systems in user space.'},
  keyctl: {type: 'boolean', default: false, optional: true, description: 'Allow the system call keyctl in an unprivileged container, which Docker asks for.'},
  mknod: {type: 'boolean', default: false, optional: true, description: 'Let an unprivileged container make some device nodes.'},
  mount: {
    type: 'string', pattern: '[a-zA-Z0-9_; ]+', optional: true, placeholder: 'fstype;fstype;...',
    description: 'Kinds of file systems that the container may mount, separated by semicolons, such as `nfs;cifs`.',
  },
  nesting: {type: 'boolean', default: false, optional: true, description: 'Let the container run containers of its own. It then sees the /proc and /sys of the host.'},
} as const

export const generalParams = {
  hostname: {type: 'string', format: 'dns-name', maxLength: 255, optional: true, placeholder: 'name', description: 'The host name of the container.'},
  description: {type: 'string', maxLength: 8192, multiLine: true, optional: true, description: 'Notes on the container, in Markdown.'},
  tags: {type: 'string', format: 'pve-tag-list', optional: true, placeholder: 'tags', description: 'Tags, separated by semicolons.'},
  onboot: {type: 'boolean', default: false, optional: true, description: 'Whether the container is started when the host boots.'},
  startup: {
    type: 'string', format: 'pve-startup-order', optional: true, placeholder: '[[order=]\\d+] [,up=\\d+] [,down=\\d+]',
    description: 'The place of the container when the host boots, and how many seconds to wait after its start (`up`) and for its shutdown (`down`).',
  },
  hookscript: {
    type: 'string', format: 'pve-volume-id', optional: true, completion: 'volume', placeholder: 'volume',
    description: 'A program among the snippets of a storage that is run with the number of the container and pre-start, post-start, pre-stop or post-stop. Only root may set it.',
  },
  protection: {type: 'boolean', default: false, optional: true, description: 'Whether the container and its volumes are kept from being removed.'},
  lock: {
    type: 'string', enum: ['backup', 'create', 'destroyed', 'disk', 'fstrim', 'migrate', 'mounted', 'rollback', 'snapshot', 'snapshot-delete'], optional: true,
    description: 'The work that keeps the container locked. Set by that work; `pct unlock` takes it away.',
  },
  template: {type: 'boolean', default: false, optional: true, description: 'Whether this is a template. Its volumes are read-only and it is not started.'},
  unprivileged: {
    type: 'boolean', default: false, optional: true,
    description: 'Whether the users of the container are mapped to users of the host that own nothing there. Decided when the container is made; `pct create` does so unless told otherwise.',
  },
  arch: {type: 'string', enum: ['amd64', 'i386', 'arm64', 'armhf', 'riscv32', 'riscv64'], default: 'amd64', optional: true, description: 'The architecture of its programs.'},
  ostype: {
    type: 'string', enum: osTypes, optional: true,
    description: 'The distribution in the container, by which it is set up. `unmanaged` leaves everything in it as it is. Found out when the container is made.',
  },
  timezone: {
    type: 'string', format: 'pve-ct-timezone', optional: true, placeholder: 'timezone',
    description: 'The time zone, such as `Europe/Vienna`; `host` for that of the host. Without it the container keeps its own.',
  },
  cmode: {
    type: 'string', enum: ['tty', 'console', 'shell'], default: 'tty', optional: true,
    description: 'What `pct console` opens: a terminal with a login (`tty`), /dev/console, or a shell without a login.',
  },
  console: {type: 'boolean', default: true, optional: true, description: 'Whether the container gets /dev/console.'},
  tty: {type: 'integer', minimum: 0, maximum: 6, default: 2, optional: true, description: 'How many terminals the container gets.'},
  debug: {type: 'boolean', default: false, optional: true, description: 'Write a detailed log at every start.'},
  entrypoint: {
    type: 'string', pattern: '[^\\x00-\\x08\\x0a-\\x1F\\x7F]+', maxLength: 4096, default: '/sbin/init', optional: true, placeholder: 'command',
    description: 'The program that the container runs as its first process, with its arguments; those with blanks stand in quotes.',
  },
  env: {
    type: 'string', pattern: '\\w+=[^\\x00-\\x08\\x0a-\\x1F\\x7F]*(?:[\\0\\n]\\w+=[^\\x00-\\x08\\x0a-\\x1F\\x7F]*)*', maxLength: 65536, optional: true, placeholder: 'NAME=value',
    description: 'Variables in the environment of the first process. Several of them stand in lines of their own (a NUL character between them does as well).',
  },
  features: {type: 'string', format: featuresFormat, optional: true, description: 'What the container may do beyond the usual.'},
  nameserver: {
    type: 'string', format: 'lxc-ip-with-ll-iface-list', optional: true, placeholder: 'address',
    description: 'Addresses of name servers. Without them, and without `searchdomain`, those of the host are used.',
  },
  searchdomain: {type: 'string', format: 'dns-name-list', optional: true, placeholder: 'domain', description: 'Domains in which names are looked up.'},
} as const satisfies Params

/** Keys that the tools write and users do not set. */
export const internalKeys: readonly string[] = ['parent', 'snaptime', 'snapstate', 'digest']
