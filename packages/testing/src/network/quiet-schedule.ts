import { setImmediate as nextTurn } from 'node:timers/promises'

/** A session with many requests lets a turn pass before its batch leaves: one without messages says nothing yet. */
const quietTurnsMin = 2

/**
 * When messages of a memory network arrive: in the next turn of the event loop, first in, first out. `quiet`
 * resolves once none is under way and no promise has anything more to do, so that virtual time moves on only
 * then, and a run is the same every time.
 */
export class QuietSchedule {
  #underWay = 0

  readonly schedule = (deliver: () => void): void => {
    this.#underWay++
    setImmediate(() => {
      this.#underWay--
      deliver()
    })
  }

  readonly quiet = async (): Promise<void> => {
    for (let quietTurns = 0; quietTurns < quietTurnsMin;) {
      await nextTurn()
      quietTurns = this.#underWay > 0 ? 0 : quietTurns + 1
    }
  }
}
