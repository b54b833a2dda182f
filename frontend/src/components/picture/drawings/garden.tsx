/** What is used out of doors. */
import { TONES } from '../palette'
import { Band, Glass, Level, Ridge, Rod, Turned, type Drawing } from '../solids'

const LEAF = 'M0 0C24 -18 28 -58 0 -96Z'
const SOIL = { ...TONES.walnut, deep: '#3a2a20', shade: '#4d392c' }

export const planter: Drawing = {
  ground: { x: 176, y: 314, reach: 96 },
  paint: (c) => (
    <>
      <Turned outline="M68 222L54 304C53 310 50 314 46 314" tone={c} />
      <Band outline="M68.5 224L67.5 233" fill={c.deep} />
      <Turned outline="M78 196L76 224" tone={c} wall={7} inside={SOIL}>
        <Ridge half={LEAF} tone={TONES.moss} x={176} y={206} turn={62} />
        <Ridge half={LEAF} tone={TONES.moss} x={144} y={206} turn={-60} />
        <Ridge half={LEAF} tone={TONES.moss} x={174} y={204} turn={24} />
        <Ridge half={LEAF} tone={TONES.moss} x={146} y={204} turn={-28} />
        <Ridge half="M0 0C28 -22 30 -80 0 -126Z" tone={TONES.moss} x={158} y={208} turn={-3} />
      </Turned>
    </>
  ),
}

export const wateringCan: Drawing = {
  ground: { x: 190, y: 312, reach: 106 },
  paint: (c) => (
    <>
      <Rod d="M168 214C172 120 276 128 254 268" stroke={c.shade} width={11} />
      <Rod d="M166 206C172 146 214 136 238 160" stroke={c.body} width={4} />
      <path d="M132 284L46 172L62 162L140 232Z" fill={c.body} />
      <path d="M46 172L62 162L140 232L138 240Z" fill={c.light} />
      <g transform="rotate(-34 50 164)">
        <path d="M38 178L22 152H78L62 178Z" fill={c.body} />
        <path d="M38 178L22 152H44L46 178Z" fill={c.light} />
        <ellipse cx="50" cy="152" rx="28" ry="8" fill={c.deep} />
        <ellipse cx="50" cy="152" rx="28" ry="8" fill="none" stroke={c.light} strokeWidth={3} />
      </g>
      <Turned axis={190} outline="M64 206L70 304C70 308 68 312 66 312" tone={c} />
      <Band axis={190} outline="M69 290L69.5 296" fill={c.deep} opacity={0.5} />
      <Level x={190} y={206} radius={58} fill={c.deep} />
      <path d="M126 206A64 16.600 0 0 1 254 206Q190 178 126 206Z" fill={c.body} />
    </>
  ),
}

export const trowel: Drawing = {
  ground: { x: 172, y: 322, reach: 104 },
  paint: (c) => (
    <>
      <Turned outline="M0 292C30 290 66 306 84 322" tone={SOIL} />
      <g transform="rotate(10 160 300)">
        <Turned outline="M0 62C14 62 17 72 17 84C17 110 11 120 13 138L11 146" tone={c} />
        <Turned outline="M11 144L11 160" tone={c.accent} />
        <Rod d="M160 160V196" stroke={TONES.steel.shade} width={9} />
        <path
          d="M160 188C128 190 122 206 122 228L126 282C138 290 148 292 160 292Z"
          fill={TONES.steel.light}
        />
        <path
          d="M160 188C192 190 198 206 198 228L194 282C182 290 172 292 160 292Z"
          fill={TONES.steel.shade}
        />
        <path
          d="M160 196C148 216 146 260 150 291L160 292L170 291C174 260 172 216 160 196Z"
          fill={TONES.steel.body}
        />
      </g>
      <path
        d="M78 324C96 296 124 282 148 288C172 282 206 292 236 320C244 332 214 344 160 344C112 344 72 338 78 324Z"
        fill={SOIL.body}
      />
      <path
        d="M78 324C96 296 124 282 148 288C128 300 118 320 116 341C92 338 74 332 78 324Z"
        fill={SOIL.light}
      />
      <path
        d="M148 288C172 282 206 292 236 320C244 330 220 340 184 343C190 320 176 298 148 288Z"
        fill={SOIL.shade}
      />
    </>
  ),
}

export const twine: Drawing = {
  ground: { x: 174, y: 312, reach: 92 },
  paint: (c) => (
    <>
      <Rod d="M220 284C262 300 240 330 270 334" stroke={c.shade} width={5} />
      <Turned outline="M66 300L66 312" tone={c.accent} />
      <Turned outline="M52 190C64 200 66 284 54 304" tone={c} />
      {[206, 222, 238, 254, 270, 286].map((y) => (
        <path
          key={y}
          d={`M${160 - 61} ${y}C124 ${y + 24} 190 ${y + 26} 221 ${y - 6}`}
          fill="none"
          stroke={c.deep}
          strokeWidth={2}
          opacity={0.45}
        />
      ))}
      <Band outline="M52 190L57 198" fill={c.deep} opacity={0.7} />
      <Turned outline="M66 174L66 188" tone={c.accent} />
      <Level y={174} radius={14} fill={c.accent.deep} />
    </>
  ),
}

export const birdhouse: Drawing = {
  ground: { x: 172, y: 318, reach: 98 },
  paint: (c) => (
    <>
      <path d="M92 186L152 208V334L92 306Z" fill={c.light} />
      <path d="M152 208L190 122L236 184V304L152 334Z" fill={c.body} />
      <path d="M190 122L236 184V304L200 317Z" fill={c.shade} />
      <ellipse cx="186" cy="222" rx="20" ry="23" fill={c.deep} />
      <path d="M188 199.200A20 23 0 0 1 188 244.800Q198 222 188 199.200Z" fill={c.accent.shade} />
      <Rod d="M186 268L176 284" stroke={c.accent.shade} width={7} />
      <path d="M78 190L126 96L196 110L148 214Z" fill={c.accent.light} />
      <path d="M148 214L196 110L250 190L238 196L193 132L154 220Z" fill={c.accent.shade} />
      <path d="M78 190L148 214L154 220L80 196Z" fill={c.accent.body} />
    </>
  ),
}

export const cloche: Drawing = {
  ground: { x: 176, y: 312, reach: 112 },
  paint: (c) => (
    <>
      <Turned outline="M92 300L92 312C92 316 88 318 84 318" tone={TONES.oak} />
      <Glass tone={c} outline="M0 122C52 122 78 162 78 210L78 300">
        <Turned outline="M0 286C20 286 34 294 40 302" tone={SOIL} />
        <Rod d="M160 292C160 260 158 240 160 216" stroke={TONES.moss.shade} width={5} />
        <Ridge half={LEAF} tone={TONES.moss} x={160} y={262} turn={48} />
        <Ridge half={LEAF} tone={TONES.moss} x={160} y={250} turn={-46} />
        <Ridge half="M0 0C12 -10 14 -30 0 -48Z" tone={TONES.moss} x={160} y={220} turn={4} />
      </Glass>
      <Turned outline="M14 98C18 108 8 114 8 124" tone={TONES.oak} />
    </>
  ),
}

export const basket: Drawing = {
  ground: { x: 176, y: 310, reach: 116 },
  paint: (c) => (
    <>
      <Rod d="M66 222C60 84 260 84 254 222" stroke={c.accent.shade} width={12} />
      <Rod d="M64 216C62 112 168 88 222 128" stroke={c.accent.body} width={5} />
      <Turned outline="M98 222C98 262 92 292 80 306C76 310 72 312 66 312" tone={c} wall={8} />
      {[238, 256, 274, 292].map((y, i) => (
        <g key={y} fill="none" stroke={c.deep} strokeWidth={2.5} opacity={0.5}>
          <path
            d={`M${63 + i * 3} ${y}A98 25 0 0 0 ${257 - i * 3} ${y}`}
            strokeDasharray="16 9"
            strokeDashoffset={i % 2 === 0 ? 0 : 12.5}
          />
        </g>
      ))}
      <path
        d="M60 222A100 26 0 0 0 260 222"
        fill="none"
        stroke={c.accent.body}
        strokeWidth={9}
        strokeLinecap="round"
      />
    </>
  ),
}
