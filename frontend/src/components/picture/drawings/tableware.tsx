/** What is set on a table. */
import { Level, Ridge, Rod, Turned, Glass, type Drawing } from '../solids'
import { TONES } from '../palette'

export const bowl: Drawing = {
  ground: { x: 174, y: 310, reach: 104 },
  paint: (c) => (
    <>
      <Turned outline="M46 296L48 312" tone={c.accent} />
      <Turned outline="M110 218C108 258 84 294 46 302" tone={c} wall={6} />
    </>
  ),
}

export const plate: Drawing = {
  ground: { x: 172, y: 304, reach: 126 },
  paint: (c) => (
    <>
      {[296, 280, 264, 248].map((y) => (
        <Turned key={y} outline={`M118 ${y}L118 ${y + 4}C104 ${y + 10} 84 ${y + 16} 72 ${y + 18}`} tone={c} />
      ))}
      <Level y={249} radius={88} fill={c.shade} />
      <Level x={162} y={250.5} radius={84} fill={c.body} />
    </>
  ),
}

export const glass: Drawing = {
  ground: { x: 172, y: 308, reach: 122 },
  paint: (c) => (
    <>
      <Glass
        axis={212}
        outline="M48 186L42 282C42 288 38 290 34 290"
        filled="M44 246L42 276C41 284 38 286 34 286"
        tone={c}
      />
      <Glass
        axis={116}
        outline="M54 196L47 304C46 310 42 312 38 312"
        filled="M50 250L47 298C46 306 42 308 38 308"
        tone={c}
      />
    </>
  ),
}

export const carafe: Drawing = {
  ground: { x: 176, y: 312, reach: 100 },
  paint: (c) => (
    <Glass
      outline="M36 108C28 130 25 150 27 168C30 190 78 220 78 274C78 296 70 308 58 312"
      filled="M59 222C70 238 74 256 74 274C74 294 68 304 56 308"
      tone={c}
    />
  ),
}

export const jug: Drawing = {
  ground: { x: 176, y: 312, reach: 104 },
  paint: (c) => (
    <>
      <Rod d="M200 164C262 142 272 240 222 262" stroke={c.shade} width={15} />
      <Rod d="M206 157C244 148 254 190 244 220" stroke={c.body} width={5} />
      <Turned
        axis={152}
        outline="M48 142C42 168 46 188 60 212C78 242 80 282 64 304C60 308 56 312 52 312"
        tone={c}
        wall={5}
      />
      <path d="M105 138C92 138 84 140 76 132C80 152 92 162 112 166C104 156 103 148 105 138Z" fill={c.light} />
    </>
  ),
}

export const vase: Drawing = {
  ground: { x: 174, y: 312, reach: 90 },
  paint: (c) => (
    <Turned
      outline="M26 178C22 190 20 198 22 206C28 224 68 232 68 266C68 294 52 308 42 312"
      tone={c}
      wall={4}
    >
      <Rod
        d="M164 190C166 140 178 100 206 62M158 190C156 150 146 122 124 94M168 132C176 122 190 116 206 116"
        stroke={TONES.walnut.body}
        width={3.5}
      />
      <Ridge half="M0 0C14 -10 16 -28 0 -46Z" tone={TONES.moss} x={206} y={66} turn={32} />
      <Ridge half="M0 0C12 -10 14 -26 0 -42Z" tone={TONES.moss} x={186} y={92} turn={-34} />
      <Ridge half="M0 0C12 -10 14 -26 0 -40Z" tone={TONES.moss} x={204} y={116} turn={74} />
      <Ridge half="M0 0C12 -10 14 -26 0 -42Z" tone={TONES.moss} x={126} y={96} turn={-30} />
      <Ridge half="M0 0C12 -10 14 -24 0 -38Z" tone={TONES.moss} x={140} y={118} turn={38} />
      <Ridge half="M0 0C12 -10 14 -24 0 -38Z" tone={TONES.moss} x={150} y={142} turn={-64} />
    </Turned>
  ),
}

export const tray: Drawing = {
  ground: { x: 172, y: 300, reach: 130 },
  paint: (c) => (
    <>
      <Rod d="M38 272C14 246 34 232 52 254" stroke={c.accent.body} width={8} />
      <Rod d="M282 272C306 246 286 232 268 254" stroke={c.accent.shade} width={8} />
      <Turned outline="M124 268L124 286C123 294 118 298 112 300" tone={c} wall={6} />
      <Level x={161} y={272} radius={110} fill={c.body} />
    </>
  ),
}

export const cutlery: Drawing = {
  ground: { x: 172, y: 328, reach: 104 },
  paint: (c) => (
    <>
      <path d="M76 74C102 96 108 150 102 204H82Z" fill={c.light} />
      <path d="M90 90C104 118 107 160 102 204H92Z" fill={c.body} />
      <path d="M80 200H104C107 240 109 280 109 318Q96 336 83 318C82 280 80 240 80 200Z" fill={c.light} />
      <path d="M95 200H104C107 240 109 280 109 318Q102 327 95 327Z" fill={c.shade} />
      <path
        d="M142 86V134M154 82V134M166 82V134M178 86V134"
        stroke={c.body}
        strokeWidth={6}
        strokeLinecap="round"
      />
      <Ridge half="M0 26H21C22 48 18 62 10 74C6 90 7 130 12 210Q8 222 0 222Z" tone={c} x={160} y={104} />
      <Ridge
        half="M0 0C30 0 32 46 24 66C18 80 8 86 7 98C6 150 8 190 13 238Q8 250 0 250Z"
        tone={c}
        x={226}
        y={76}
      />
      <ellipse cx="226" cy="114" rx="17" ry="28" fill={c.body} />
    </>
  ),
}
