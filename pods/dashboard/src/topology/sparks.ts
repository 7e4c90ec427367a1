import type { Point } from './layout.ts'

/** Something small that travels through the picture. */
export interface Spark {
  readonly from: Point
  readonly to: Point
  readonly colour: string
  readonly bornAt: number
}

const lifeMs = 900
const sparksMax = 80

/**
 * Draws sparks on a canvas above the picture. It asks for frames only while there are sparks, and takes no more
 * than it can draw, however many are asked for.
 */
export class Sparks {
  readonly #canvas: HTMLCanvasElement
  #sparks: Spark[] = []
  #frame: number | undefined

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas
  }

  add(spark: Spark): void {
    if (this.#sparks.length >= sparksMax) return
    this.#sparks.push(spark)
    this.#frame ??= requestAnimationFrame(this.#draw)
  }

  stop(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame)
    this.#frame = undefined
    this.#sparks = []
  }

  readonly #draw = (now: number): void => {
    this.#frame = undefined
    const context = this.#canvas.getContext('2d')
    if (context === null) return
    const scale = fit(this.#canvas)
    context.setTransform(scale, 0, 0, scale, 0, 0)
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height)
    this.#sparks = this.#sparks.filter(({ bornAt }) => now - bornAt < lifeMs)
    for (const { from, to, colour, bornAt } of this.#sparks) {
      const share = Math.max(0, (now - bornAt) / lifeMs)
      const eased = 1 - (1 - share) ** 2
      context.globalAlpha = 1 - share ** 3
      context.fillStyle = colour
      context.beginPath()
      context.arc(from.x + (to.x - from.x) * eased, from.y + (to.y - from.y) * eased, 2.4, 0, Math.PI * 2)
      context.fill()
    }
    if (this.#sparks.length > 0) this.#frame = requestAnimationFrame(this.#draw)
  }
}

/** Gives the canvas as many pixels as the screen has for it. */
function fit(canvas: HTMLCanvasElement): number {
  const scale = window.devicePixelRatio
  const width = Math.round(canvas.clientWidth * scale)
  const height = Math.round(canvas.clientHeight * scale)
  if (canvas.width !== width) canvas.width = width
  if (canvas.height !== height) canvas.height = height
  return scale
}
