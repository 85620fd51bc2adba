// Man pages of programs that are no commands: what a host's administrator meets in a process list or a log.
import {bold, definitionList, italic, page} from '../spec/generate/markdown.ts'

export interface ProgramPage {
  /** `corral-agent.8` */
  readonly file: string
  /** Markdown. */
  readonly content: string
}

export function programPages(): ProgramPage[] {
  return [{file: 'corral-agent.8', content: agentPage()}]
}

function agentPage(): string {
  return page('corral-agent(8) -- the part of Corral on a host', [
    {title: 'SYNOPSIS', body: [
      `${bold('corral-agent')} ${bold('--stdio')}`, `${bold('corral-agent')} ${bold('--terminal')}`, `${bold('corral-agent')} ${bold('--version')}`,
    ].join('\n\n')},
    {title: 'DESCRIPTION', body: [
      'Runs commands on this host for a client on another machine. The client logs in over SSH and starts it; nothing listens on the network, and nothing runs when no client is connected and no task is under way. `corral host add` installs it, `corral host update` replaces it, `corral host remove` takes it away.',
      'The agent is one file for Node.js with all that it needs, beside SQLite\'s binding for the architecture and C library of the host and the files that QEMU uses. It has the same commands as the command line and checks their parameters by the same rules, whatever the client has checked.',
      'A client that goes away stops what only looks, and ends its interactive commands. A change that was begun is brought to its end, and a task is a process of its own that goes on; `pvenode task list` shows it.',
      'A login that is not root starts the agent by `sudo -n`, so it needs a rule that allows this one program without a password.',
    ].join('\n\n')},
    {title: 'OPTIONS', body: definitionList([
      {term: bold('--stdio'), paragraphs: ['Answers one client on standard input and output, in frames and nothing else, until the client is gone. A client of another version of the protocol is refused.']},
      {term: bold('--terminal'), paragraphs: ['Reads one line, a token, without showing it, and runs the interactive command that was left for this token on the terminal. A token is good once, and for a minute.']},
      {term: bold('--version'), paragraphs: ['Prints the version.']},
    ])},
    {title: 'BOUNDS', body: 'A frame has at most 1 MiB, a result 64 MiB; a client has at most 64 calls and 16 streams open. Each side gives a sign of life every 10 seconds, and after 30 seconds of silence the connection ends. What breaks these bounds, or the protocol, ends the connection with a sentence that says so. At most 64 KiB go to standard error.'},
    {title: 'EXIT STATUS', body: definitionList([
      {term: bold('0'), paragraphs: ['The client is gone, and nothing is under way any more. With `--terminal`: the command ended well.']},
      {term: bold('1'), paragraphs: ['The agent could not work, or the command in the terminal failed.']},
      {term: bold('2'), paragraphs: ['It was called with other words than these.']},
      {term: bold('127'), paragraphs: ['There is no Node.js on the host.']},
    ])},
    {title: 'ENVIRONMENT', body: definitionList([
      {term: `${bold('CORRAL_ROOT')}, ${bold('CORRAL_NODE')}`, paragraphs: ['As in corral(1). The file `environment` beside the agent counts more.']},
    ])},
    {title: 'FILES', body: definitionList([
      {term: italic('/usr/local/lib/corral'), paragraphs: ['The folder of an agent that `corral host add` installed: `corral-agent`, which finds Node.js and starts `corral-agent.mjs`; `node_sqlite3.node`; `libexec`.']},
      {term: italic('/usr/lib/corral/agent'), paragraphs: ['The agent of the Debian package, with which `corral host add` works where its version is the same. It comes and goes with the package.']},
      {term: `${italic('environment')} beside the agent`, paragraphs: ['Lines `CORRAL_ROOT=...` and `CORRAL_NODE=...` of a private installation. They count more than the environment of the login.']},
      {term: italic('/run/corral/terminals'), paragraphs: ['Interactive commands that wait for their terminal, named after the hash of their token.']},
    ])},
    {title: 'EXAMPLES', body: 'A rule for sudoers(5) that lets the user `admin` use this host; `corral host add`, `update` and `remove` run /bin/sh by sudo as well:\n\n    admin ALL=(root) NOPASSWD: /usr/local/lib/corral/corral-agent --stdio, /usr/local/lib/corral/corral-agent --terminal'},
    {title: 'SEE ALSO', body: 'corral(1), corral-contexts(5), ssh(1), sshd(8), sudoers(5)'},
  ])
}
