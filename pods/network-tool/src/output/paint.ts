import { styleText } from 'node:util'

/** What a colour says, so that all commands use the same. */
export type Tone = 'good' | 'warning' | 'bad' | 'heading' | 'faint' | 'accent'

/** Puts a tone on a text, or leaves it as it is where no colours are shown. */
export type Paint = (tone: Tone, text: string) => string

const formats = {
  good: 'green',
  warning: 'yellow',
  bad: 'red',
  heading: 'bold',
  faint: 'dim',
  accent: 'cyan'
} as const satisfies Record<Tone, Parameters<typeof styleText>[0]>

export const plainPaint: Paint = (_tone, text) => text

/** @param colours whether the terminal shows any */
export function createPaint(colours: boolean): Paint {
  // Whether there are colours was asked of the terminal; the library would ask standard output once more.
  return colours ? (tone, text) => styleText(formats[tone], text, { validateStream: false }) : plainPaint
}
