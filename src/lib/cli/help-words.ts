// How help is asked for, in messages.

/** What shows the commands of a group: `qm help disk`. */
export function helpCommand([tool = 'corral', ...words]: readonly string[]): string {
  return [tool, 'help', ...words].join(' ')
}
