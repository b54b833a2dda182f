/** What lies and stands on a desk. */
import { TONES } from '../palette'
import { Block, Ridge, Rod, Turned, type Drawing } from '../solids'

export const notebook: Drawing = {
  ground: { x: 182, y: 316, reach: 108 },
  paint: (c) => (
    <>
      <path d="M78 116L100 128V330L78 312Z" fill={c.shade} />
      <path d="M82 121L98 131V322L82 306Z" fill={TONES.linen.light} />
      <path d="M87 124V311M92 127V316" stroke={TONES.linen.shade} strokeWidth={1.5} />
      <path d="M78 116L222 82L246 92L100 128Z" fill={TONES.linen.body} />
      <path d="M98 127L246 92Q252 91 252 97V286Q252 292 246 293.500L98 330Z" fill={c.body} />
      <path d="M98 127L246 92L98 252Z" fill={c.light} />
      <path d="M220 98L230 95.500V297.500L220 300Z" fill={c.accent.body} />
      <path d="M126 168L190 153V186L126 201Z" fill={TONES.linen.light} />
      <path d="M136 178L176 168.500M136 188L162 182" stroke={TONES.linen.deep} strokeWidth={2} />
    </>
  ),
}

export const penCup: Drawing = {
  ground: { x: 174, y: 308, reach: 88 },
  paint: (c) => (
    <Turned outline="M58 204L58 302C58 306 56 308 53 308" tone={c} wall={6}>
      <Rod d="M140 220L116 118" stroke={TONES.sun.body} width={13} />
      <path d="M109.700 119.500L122.300 116.500L112 94Z" fill={TONES.oat.body} />
      <Rod d="M164 220L168 112" stroke={TONES.rust.body} width={13} />
      <path d="M161.5 112L174.5 112.500L169 88Z" fill={TONES.oat.light} />
      <Rod d="M186 220L208 96" stroke={TONES.steel.shade} width={9} />
      <Rod d="M205 112L208 96" stroke={TONES.ink.body} width={10} />
    </Turned>
  ),
}

export const deskTray: Drawing = {
  ground: { x: 172, y: 296, reach: 140 },
  paint: (c) => (
    <>
      <Block x={160} y={292} width={220} depth={150} height={34} turn={26} soft={4} tone={c} />
      <Block
        x={160}
        y={258}
        width={204}
        depth={134}
        height={0}
        turn={26}
        soft={1}
        tone={{ ...c, light: c.deep }}
      />
      <Block x={164} y={262} width={184} depth={112} height={2} turn={26} soft={1} tone={TONES.linen} />
      <path d="M120 262L196 242M132 272L186 258" stroke={TONES.linen.shade} strokeWidth={2} />
      <Rod d="M122 244L214 262" stroke={TONES.ink.body} width={9} />
      <Rod d="M124 241L196 256" stroke={TONES.ink.light} width={3} />
      <Rod d="M196 259L204 261" stroke={TONES.brass.body} width={9} />
    </>
  ),
}

export const scissors: Drawing = {
  ground: { x: 174, y: 330, reach: 92 },
  paint: (c) => (
    <>
      <g transform="rotate(19 160 190)">
        <Ridge half="M0 0C12 40 17 90 15 140L0 156Z" tone={TONES.steel} x={158} y={48} />
        <path d="M150 180L172 178L162 244H146Z" fill={c.shade} />
        <ellipse
          cx="141"
          cy="282"
          rx="27"
          ry="42"
          transform="rotate(8 141 282)"
          fill="none"
          stroke={c.shade}
          strokeWidth={15}
        />
      </g>
      <g transform="rotate(-19 160 190)">
        <Ridge half="M0 0C12 40 17 90 15 140L0 156Z" tone={TONES.steel} x={162} y={48} />
        <path d="M148 178L170 180L174 244H158Z" fill={c.body} />
        <ellipse
          cx="179"
          cy="282"
          rx="27"
          ry="42"
          transform="rotate(-8 179 282)"
          fill="none"
          stroke={c.body}
          strokeWidth={15}
        />
        <path
          d="M152 268C156 250 164 240 176 238"
          stroke={c.light}
          strokeWidth={6}
          strokeLinecap="round"
          fill="none"
        />
      </g>
      <circle cx="160" cy="192" r="8" fill={TONES.brass.shade} />
      <circle cx="158.5" cy="190.5" r="5.5" fill={TONES.brass.light} />
    </>
  ),
}

export const clock: Drawing = {
  ground: { x: 180, y: 312, reach: 104 },
  paint: (c) => (
    <>
      <path d="M112 288L98 318H114L132 300ZM208 288L222 318H206L188 300Z" fill={c.accent.shade} />
      <circle cx="172" cy="206" r="98" fill={c.shade} />
      <circle cx="156" cy="206" r="98" fill={c.body} />
      <path d="M156 108A98 98 0 0 0 72 256L94 243A72 72 0 0 1 156 134Z" fill={c.light} />
      <circle cx="156" cy="206" r="80" fill={TONES.linen.body} />
      <path
        d="M156 126A80 80 0 0 0 99.400 262.600L212.600 149.400A80 80 0 0 0 156 126Z"
        fill={TONES.linen.light}
      />
      <path
        d="M156 138V150M156 262V274M88 206H100M212 206H224"
        stroke={TONES.linen.deep}
        strokeWidth={4}
        strokeLinecap="round"
      />
      <path d="M156 206L124 178" stroke={TONES.ink.body} strokeWidth={8} strokeLinecap="round" />
      <path d="M156 206L194 160" stroke={TONES.ink.body} strokeWidth={5} strokeLinecap="round" />
      <circle cx="156" cy="206" r="7" fill={c.accent.body} />
    </>
  ),
}

export const taskLamp: Drawing = {
  ground: { x: 204, y: 318, reach: 84 },
  paint: (c) => (
    <>
      <Turned axis={204} outline="M58 306L58 316" tone={c} />
      <Rod d="M204 304L244 208" stroke={c.accent.shade} width={8} />
      <Rod d="M244 208L138 116" stroke={c.accent.body} width={8} />
      <circle cx="244" cy="208" r="10" fill={c.accent.light} />
      <circle cx="246" cy="210" r="7" fill={c.accent.shade} />
      <g transform="rotate(42 120 128)">
        <path
          d="M66 188C70 150 92 128 108 122V106Q108 100 120 100Q132 100 132 106V122C148 128 170 150 174 188A54 14 0 0 1 66 188Z"
          fill={c.body}
        />
        <path
          d="M66 188C70 150 92 128 108 122V106Q108 101 114 100C108 140 98 160 92 200A54 14 0 0 1 66 188Z"
          fill={c.light}
        />
        <path
          d="M132 106V122C148 128 170 150 174 188A54 14 0 0 1 142 201C144 160 138 140 128 101Q132 102 132 106Z"
          fill={c.shade}
        />
      </g>
    </>
  ),
}
