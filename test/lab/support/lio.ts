// An iSCSI target of the lab host's kernel (LIO), set up by targetcli as an administrator does it. One process for all orders: Python starts in half a second there.
import type {Host} from '../../../src/lib/host/index.ts'

export const target = 'iqn.2003-01.org.example:lab'
/** Not the port of tgt, which may run at the same time. */
export const portal = '127.0.0.1:3262'
const group = `/iscsi/${target}/tpg1`

/**
 * @param stores orders that make backstores
 * @param luns a backstore and a number each
 */
export async function openLio(host: Host, stores: readonly string[], luns: readonly string[]): Promise<void> {
  await order(host, [
    'set global auto_add_default_portal=false', ...stores, `/iscsi create ${target}`, `${group}/portals create 127.0.0.1 3262`, ...luns.map((lun) => `${group}/luns create ${lun}`),
    `${group} set attribute authentication=0 demo_mode_write_protect=0 generate_node_acls=1 cache_dynamic_acls=1`, 'saveconfig',
  ])
}

export async function closeLio(host: Host): Promise<void> {
  await host.run(['targetcli', 'clearconfig', 'confirm=True'], {timeoutMs: 300_000})
}

async function order(host: Host, orders: readonly string[]): Promise<void> {
  const {stdout} = await host.run(['targetcli'], {input: `${orders.join('\n')}\nexit\n`, timeoutMs: 300_000})
  const wrong = stdout.split('\n').filter((line) => /^(?:No |Invalid|Cannot|Wrong|Unknown|Unexpected)|not exist|error/i.test(line))
  if (wrong.length > 0) throw new Error(`targetcli did not take all orders: ${stdout}`)
}
