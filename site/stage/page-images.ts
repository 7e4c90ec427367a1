import { copyFile, mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** Pictures that pages show: they are copied to where the site serves files as they are. */
export class PageImages {
  private readonly base: string
  private readonly wanted = new Map<string, string>()

  /** @param base what every path of the site begins with */
  constructor(base: string) {
    this.base = base
  }

  /** Where the site has a picture. @throws when another one has its name */
  urlFor(file: string): string {
    const name = basename(file)
    const known = this.wanted.get(name)
    if (known !== undefined && known !== file) throw new Error(`${file} and ${known} have the same name`)
    this.wanted.set(name, file)
    return `${this.base}images/${name}`
  }

  /** Copies all that have been asked for. */
  async copyTo(folder: string): Promise<void> {
    await mkdir(join(folder, 'images'), { recursive: true })
    for (const [name, file] of this.wanted) await copyFile(file, join(folder, 'images', name))
  }
}
