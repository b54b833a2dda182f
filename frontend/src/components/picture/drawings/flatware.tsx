/** What hangs or lies in a kitchen: boards, blades, cloth. */
import type { ReactNode } from 'react'
import { TONES, type Tone } from '../palette'
import { Rod, type Drawing } from '../solids'

export const board: Drawing = {
  ground: { x: 178, y: 322, reach: 100 },
  paint: (c) => {
    const edge =
      'M142 84Q142 66 160 66Q178 66 178 84V116Q178 130 192 130H214Q232 130 232 148V304Q232 322 214 322H106Q88 322 88 304V148Q88 130 106 130H128Q142 130 142 116Z'
    return (
      <>
        <path d={edge} fill={c.shade} transform="translate(9 3)" />
        <path d={edge} fill={c.body} />
        <path
          d="M142 84Q142 66 160 66Q170 66 175 72L142 160L88 244V148Q88 130 106 130H128Q142 130 142 116Z"
          fill={c.light}
        />
        <path
          d="M118 318V214M146 318V186M188 318V150M210 318V228"
          stroke={c.shade}
          strokeWidth={2}
          opacity={0.55}
        />
        <circle cx="160" cy="90" r="8" fill={c.deep} />
      </>
    )
  },
}

export const knife: Drawing = {
  ground: { x: 176, y: 324, reach: 72 },
  paint: (c) => (
    <g transform="rotate(14 160 220)">
      <path d="M142 216L142 62C182 104 194 166 190 216Z" fill={TONES.steel.body} />
      <path d="M142 216L142 62C150 70 156 80 160 88L160 216Z" fill={TONES.steel.light} />
      <path d="M178 122C190 152 192 186 190 216H180C184 184 184 152 178 122Z" fill={TONES.steel.shade} />
      <path d="M140 214H178V226H140Z" fill={c.accent.body} />
      <path d="M160 214H178V226H160Z" fill={c.accent.shade} />
      <path d="M142 226H172C170 262 174 286 180 314Q180 328 164 328H156Q144 328 144 316Z" fill={c.body} />
      <path d="M142 226H152L155 328Q144 328 144 316Z" fill={c.light} />
      <path d="M164 226H172C170 262 174 286 180 314Q180 328 168 328Z" fill={c.shade} />
      <circle cx="157" cy="250" r="3.5" fill={c.accent.light} />
      <circle cx="160" cy="296" r="3.5" fill={c.accent.light} />
    </g>
  ),
}

export const cloth: Drawing = {
  ground: { x: 172, y: 344, reach: 74 },
  paint: (c) => (
    <>
      <Rod d="M40 110H280" stroke={TONES.walnut.body} width={13} />
      <Rod d="M40 107H278" stroke={TONES.walnut.light} width={4} />
      <path d="M118 104H232V272Q224 268 216 272T200 272V120Z" fill={c.deep} />
      <path
        d="M84 110Q84 98 96 98H210Q222 98 222 110V306Q210 312 198 306T174 306T150 306T128 306T106 306T84 306Z"
        fill={c.body}
      />
      <path d="M84 110Q84 98 96 98H128Q118 104 118 118V309Q112 310 106 306Q94 300 84 306Z" fill={c.light} />
      <path
        d="M196 98H210Q222 98 222 110V306Q210 312 198 306Q188 301 180 303V118Q180 100 196 98Z"
        fill={c.shade}
      />
      <path d="M84 244H118V256H84ZM84 264H118V270H84ZM84 278H118V284H84Z" fill={c.accent.light} />
      <path d="M118 244H180V256H118ZM118 264H180V270H118ZM118 278H180V284H118Z" fill={c.accent.body} />
      <path d="M180 244H222V256H180ZM180 264H222V270H180ZM180 278H222V284H180Z" fill={c.accent.shade} />
    </>
  ),
}

export const towel: Drawing = {
  ground: { x: 184, y: 318, reach: 128 },
  paint: (c) => (
    <>
      <Rolled x={96} y={286} tone={c} />
      <Rolled x={184} y={294} tone={c.accent} />
      <Rolled x={138} y={212} tone={c} />
    </>
  ),
}

/** A rolled towel, its end towards us. */
function Rolled({ x, y, tone }: { x: number; y: number; tone: Tone }): ReactNode {
  return (
    <g transform={`translate(${x} ${y})`}>
      <path d="M-24.7 -36.4L31.3 -74.4A44 44 0 0 1 80.7 -1.6L24.7 36.4Z" fill={tone.body} />
      <path d="M-24.7 -36.4L31.3 -74.4A44 44 0 0 1 75.3 -77.5L19.3 -39.5Z" fill={tone.light} />
      <path d="M42.5 11.4L98.5 -26.6A44 44 0 0 1 80.7 -1.6L24.7 36.4Z" fill={tone.shade} />
      <circle r="44" fill={tone.body} />
      <path d="M-38 22A44 44 0 0 1 22 -38Z" fill={tone.light} />
      <path
        d="M2 2C-6 4 -10 -4 -4 -9C6 -16 18 -6 14 6C8 22 -16 20 -21 4C-26 -18 2 -32 20 -20C42 -4 32 30 6 34C-4 35 -14 33 -20 29"
        fill="none"
        stroke={tone.deep}
        strokeWidth={2.5}
        strokeLinecap="round"
        opacity={0.75}
      />
    </g>
  )
}
