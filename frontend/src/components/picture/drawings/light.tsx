/** What gives light. */
import type { ReactNode } from 'react'
import { TONES, type Tone } from '../palette'
import { Band, Glass, Level, Rod, Turned, type Drawing } from '../solids'

/** The inside of a shade with the lamp lit. */
const GLOW: Tone = { body: '#ffe3a0', light: '#fff4d2', shade: '#fff0c4', deep: '#ffdf98' }

function Flame({ x, y }: { x: number; y: number }): ReactNode {
  return (
    <g transform={`translate(${x} ${y})`}>
      <path d="M0 6C-15 6 -13 -12 0 -36C13 -12 15 6 0 6Z" fill={TONES.sun.body} />
      <path d="M0 5C-7 5 -7 -4 0 -18C7 -4 7 5 0 5Z" fill={GLOW.light} />
    </g>
  )
}

export const lamp: Drawing = {
  ground: { x: 176, y: 314, reach: 92 },
  paint: (c) => (
    <>
      <Turned outline="M12 210C16 226 62 232 62 272C62 296 48 310 38 314" tone={c} />
      <Turned outline="M8 178L8 212" tone={TONES.brass} />
      <Turned outline="M58 82L94 186" tone={TONES.oat} wall={3} inside={GLOW} />
    </>
  ),
}

export const pendant: Drawing = {
  ground: { x: 174, y: 346, reach: 84 },
  paint: (c) => (
    <>
      <Rod d="M160 0V110" stroke={c.accent.shade} width={4} />
      <g transform="translate(0 400) scale(1 -1)">
        <Turned
          outline="M106 158C104 214 62 250 22 262L20 284C14 290 8 292 0 292"
          tone={c}
          wall={4}
          inside={GLOW}
        >
          <circle cx="160" cy="158" r="22" fill={GLOW.light} />
        </Turned>
      </g>
      <Rod d="M149 108H171" stroke={c.accent.body} width={9} />
    </>
  ),
}

export const lantern: Drawing = {
  ground: { x: 176, y: 314, reach: 102 },
  paint: (c) => (
    <>
      <Rod d="M120 130C106 44 214 44 200 130" stroke={c.shade} width={6} />
      <Turned outline="M74 296L74 312C74 316 70 318 66 318" tone={c} />
      <Glass outline="M60 152L60 294" tone={TONES.linen}>
        <Turned outline="M26 236L26 292" tone={TONES.linen} />
        <Flame x={160} y={228} />
      </Glass>
      <Rod d="M101 152V300M219 152V300" stroke={c.shade} width={5} />
      <Rod d="M138 168V308M182 168V308" stroke={c.body} width={5} />
      <Turned outline="M24 104C28 124 62 130 72 146L72 156" tone={c} />
      <Turned outline="M20 90L20 106" tone={c} />
    </>
  ),
}

export const globeLamp: Drawing = {
  ground: { x: 176, y: 314, reach: 88 },
  paint: (c) => (
    <>
      <Turned outline="M48 284L62 304C62 310 58 314 52 314" tone={c} />
      <Band outline="M44 280L46 287" fill={c.deep} />
      <Turned
        outline="M0 98C54 98 94 140 94 190C94 240 60 276 40 282"
        tone={{ body: '#fdf0cf', light: '#fffaea', shade: '#f2d9a2', deep: '#d8b873' }}
      />
    </>
  ),
}

export const floorLamp: Drawing = {
  ground: { x: 168, y: 336, reach: 92 },
  paint: (c) => (
    <>
      <Rod d="M160 170L168 318" stroke={c.deep} width={7} />
      <Rod d="M160 166L112 340" stroke={c.light} width={8} />
      <Rod d="M160 166L214 338" stroke={c.shade} width={8} />
      <Level y={166} radius={14} fill={c.shade} />
      <Rod d="M160 140V164" stroke={TONES.brass.body} width={7} />
      <Turned outline="M58 62L82 142" tone={TONES.linen} wall={3} inside={GLOW} />
    </>
  ),
}

export const candle: Drawing = {
  ground: { x: 172, y: 312, reach: 96 },
  paint: (c) => (
    <>
      <Rod d="M228 290C268 274 272 316 230 308" stroke={c.shade} width={9} />
      <Turned outline="M76 292C76 304 68 312 50 314" tone={c} wall={5} />
      <Turned outline="M24 256L20 296" tone={c} wall={4}>
        <Turned outline="M15 126L15 262" tone={c.accent} />
      </Turned>
      <Rod d="M160 126V114" stroke={TONES.ink.shade} width={3} />
      <Flame x={160} y={112} />
    </>
  ),
}

export const pillars: Drawing = {
  ground: { x: 172, y: 314, reach: 126 },
  paint: (c) => (
    <>
      <Turned axis={206} outline="M40 154L40 286" tone={c} wall={5} />
      <Rod d="M206 156V144" stroke={TONES.ink.shade} width={3} />
      <Flame x={206} y={142} />
      <Turned axis={112} outline="M46 218L46 308" tone={TONES.linen} wall={5} />
      <Rod d="M112 220V208" stroke={TONES.ink.shade} width={3} />
      <Flame x={112} y={206} />
      <Turned axis={186} outline="M30 274L30 322" tone={c} wall={4} />
      <Rod d="M186 276V264" stroke={TONES.ink.shade} width={3} />
      <Flame x={186} y={262} />
    </>
  ),
}
