/** What is kept beside the water. */
import { TONES } from '../palette'
import { Band, Block, Level, Rod, Turned, type Drawing } from '../solids'

export const soapDish: Drawing = {
  ground: { x: 174, y: 300, reach: 124 },
  paint: (c) => (
    <Turned outline="M112 270C110 284 100 296 78 302" tone={c} wall={6}>
      <Level y={272} radius={96} fill={c.shade} />
      <Block x={160} y={268} width={100} depth={60} height={22} turn={24} soft={22} tone={TONES.linen} />
      <path d="M138 234L182 245" stroke={TONES.linen.shade} strokeWidth={3} strokeLinecap="round" />
    </Turned>
  ),
}

export const brush: Drawing = {
  ground: { x: 174, y: 322, reach: 92 },
  paint: (c) => (
    <>
      <path d="M104 240L88 320A72 16 0 0 0 232 320L216 240Z" fill={TONES.oat.body} />
      <path d="M104 240L88 320Q92 330 112 333L132 240Z" fill={TONES.oat.light} />
      <path d="M184 240L200 334Q228 330 232 320L216 240Z" fill={TONES.oat.shade} />
      <path
        d="M122 256L112 330M146 258L142 336M170 258L172 336M196 256L206 330"
        stroke={TONES.oat.deep}
        strokeWidth={2}
        opacity={0.5}
      />
      <Turned outline="M20 196C40 202 58 214 60 228L60 246" tone={c} />
      <Band outline="M60 240L60 247" fill={c.accent.shade} />
      <Turned outline="M0 74C16 74 22 86 22 100C22 132 13 150 14 176L20 198" tone={c} />
      <circle cx="160" cy="98" r="5.5" fill={c.deep} />
    </>
  ),
}

export const stool: Drawing = {
  ground: { x: 172, y: 326, reach: 112 },
  paint: (c) => (
    <>
      <Rod d="M196 170L214 300" stroke={c.deep} width={13} />
      <Rod d="M124 170L106 300" stroke={c.shade} width={13} />
      <Rod d="M114 262L224 276" stroke={c.deep} width={8} />
      <Rod d="M96 282L206 262" stroke={c.shade} width={8} />
      <Rod d="M104 180L84 330" stroke={c.light} width={15} />
      <Rod d="M216 180L236 330" stroke={c.body} width={15} />
      <Turned outline="M96 152C100 156 100 168 96 174L88 178" tone={c} />
      <Level x={160} y={152} radius={96} fill={c.light} />
      <path d="M92 156Q160 128 214 146M84 162Q160 152 232 158" fill="none" stroke={c.body} strokeWidth={2} />
    </>
  ),
}

export const bottle: Drawing = {
  ground: { x: 174, y: 314, reach: 82 },
  paint: (c) => (
    <>
      <Turned outline="M22 164C24 178 58 182 58 204L58 300C58 308 54 314 46 314" tone={c} />
      <Band outline="M58 226L58 280" from={-0.62} to={0.5} fill={TONES.linen.light} />
      <path
        d="M132 258L166 262M132 268L152 271"
        stroke={TONES.linen.deep}
        strokeWidth={2.5}
        strokeLinecap="round"
      />
      <Turned outline="M25 142L25 164" tone={c.accent} />
      <Turned outline="M6 110L6 144" tone={c.accent} />
      <path d="M172 96H144C122 96 108 102 98 118L108 123C116 112 126 110 144 110H172Z" fill={c.accent.body} />
      <path
        d="M172 96H144C122 96 108 102 98 118L102 120C112 105 126 101 144 101H172Z"
        fill={c.accent.light}
      />
      <Turned outline="M17 94L17 110" tone={c.accent} />
    </>
  ),
}

export const mirror: Drawing = {
  ground: { x: 174, y: 322, reach: 90 },
  paint: (c) => (
    <>
      <Turned outline="M58 308L58 320" tone={c} />
      <Turned outline="M9 268L9 308" tone={c} />
      <circle cx="168" cy="172" r="102" fill={c.shade} />
      <circle cx="160" cy="172" r="102" fill={c.body} />
      <path d="M160 70A102 102 0 0 0 71.700 223L82 217A90 90 0 0 1 160 82Z" fill={c.light} />
      <circle cx="160" cy="172" r="90" fill="#c6d4d6" />
      <path d="M100.5 104.500A90 90 0 0 0 79 212L187 86A90 90 0 0 0 100.5 104.500Z" fill="#e6eeee" />
      <path d="M93 232L220 105A90 90 0 0 1 234 122L110 246A90 90 0 0 1 93 232Z" fill="#d7e2e3" />
    </>
  ),
}
