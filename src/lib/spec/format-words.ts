// The words that named formats take, where they are few: for completion. What the checks accept is in formats.ts; a test compares both.
export const formatWords: Readonly<Record<string, readonly string[]>> = {
  'pve-storage-content': ['images', 'rootdir', 'vztmpl', 'iso', 'backup', 'snippets', 'import', 'none'],
  'pve-task-status-type': ['ok', 'error', 'warning', 'unknown'],
  'pve-hotplug-features': ['network', 'disk', 'cpu', 'memory', 'usb', 'cloudinit'],
}
