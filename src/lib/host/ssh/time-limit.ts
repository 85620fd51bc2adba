// A limit on time that stands still while the user is asked.

export interface TimeLimit {
  pause(): void
  resume(): void
  stop(): void
}

export function timeLimit(limitMs: number, onOver: () => void): TimeLimit {
  let leftMs = limitMs
  let since = performance.now()
  let pauses = 0
  let timer: NodeJS.Timeout | undefined = setTimeout(onOver, leftMs)
  return {
    pause: () => {
      if (pauses++ > 0 || timer === undefined) return
      clearTimeout(timer)
      leftMs = Math.max(0, leftMs - (performance.now() - since))
    },
    resume: () => {
      if (--pauses > 0 || timer === undefined) return
      since = performance.now()
      timer = setTimeout(onOver, leftMs)
    },
    stop: () => {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
