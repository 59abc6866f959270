// Ends a process and whatever it has started.

import { execFileSync } from 'node:child_process'

/**
 * At once and without asking. Those that a process moved into a group of their own are among them, while their parents
 * live.
 */
export function endTree (pid) {
  for (const each of [...childrenOf(pid), pid]) kill(each)
  endGroup(pid)
}

/** What is left of a process group whose leader has ended: nobody waits for it any more. */
export function endGroup (pid) {
  kill(-pid)
}

function kill (pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It is gone.
  }
}

/** The children, and theirs. None where there is no `ps`: then the group alone is ended. */
function childrenOf (pid) {
  const found = [pid]
  const processes = list()
  for (const parent of found) {
    found.push(...processes.filter(process => process.parent === parent).map(process => process.pid))
  }
  return found.slice(1)
}

function list () {
  try {
    const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
    return rows.map(row => row.trim().split(/\s+/).map(Number)).map(([pid, parent]) => ({ pid, parent }))
  } catch {
    return []
  }
}
