/**
 * The colours things are made in. A product names one of them; the drawings ask for the planes of a tone,
 * lit from the upper left, and never for a colour of their own except where the material gives it
 * (steel blades, leaves, paper).
 */
export interface Tone {
  readonly body: string
  readonly light: string
  readonly shade: string
  /** Where the light does not reach: the inside of a vessel, a gap, a line. */
  readonly deep: string
}

export interface Palette extends Tone {
  /** The second material: a handle, a lid, a cord. */
  readonly accent: Tone
}

function tone(body: string, light: string, shade: string, deep: string): Tone {
  return { body, light, shade, deep }
}

export const TONES = {
  stone: tone('#cbc5b8', '#e4dfd4', '#a8a193', '#7e776a'),
  ink: tone('#45545f', '#687985', '#303c46', '#1e272e'),
  clay: tone('#c67552', '#df9a7a', '#a0573a', '#743c27'),
  moss: tone('#7b8757', '#9da97a', '#5c673e', '#414a2a'),
  oat: tone('#e2d0ad', '#f2e6cc', '#c3ad84', '#98825d'),
  sky: tone('#91b2c6', '#bad3e0', '#6d8fa6', '#4d6d82'),
  rust: tone('#a4492b', '#c46a48', '#7d341d', '#5a2413'),
  plum: tone('#7d4d67', '#a0708a', '#5d364b', '#422434'),
  sun: tone('#e3af45', '#f2cc79', '#bf8a2b', '#8f651c'),
  linen: tone('#f0e9dc', '#fcf9f2', '#d3c9b7', '#a89d89'),
  brass: tone('#c59f55', '#e6cb8c', '#98763a', '#6c5226'),
  slate: tone('#72808b', '#97a4ae', '#55626d', '#3b464f'),
  steel: tone('#bcc4c8', '#e2e7e9', '#929ca2', '#687278'),
  oak: tone('#c2935f', '#dcb488', '#9c7144', '#74512e'),
  walnut: tone('#7d5740', '#a07a60', '#5d3f2d', '#42291b'),
} as const satisfies Record<string, Tone>

export type Colour = keyof typeof TONES

const ACCENTS: Record<Colour, Colour> = {
  stone: 'oak',
  ink: 'brass',
  clay: 'oat',
  moss: 'oak',
  oat: 'walnut',
  sky: 'linen',
  rust: 'brass',
  plum: 'oat',
  sun: 'slate',
  linen: 'oak',
  brass: 'linen',
  slate: 'oak',
  steel: 'walnut',
  oak: 'linen',
  walnut: 'brass',
}

export function isColour(name: string): name is Colour {
  return Object.hasOwn(TONES, name)
}

/** A colour that this build does not know (the catalogue may be newer) is drawn in stone. */
export function paletteOf(colour: string | null): Palette {
  const known = colour !== null && isColour(colour) ? colour : 'stone'
  return { ...TONES[known], accent: TONES[ACCENTS[known]] }
}
