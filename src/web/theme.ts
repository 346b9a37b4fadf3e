/** Colours from `project.branding.accent`, kept readable: WCAG 2.1 asks for a contrast of 4.5 between text and ground. */

const DEFAULT_ACCENT = '#3e5bf2';
const LIGHT_GROUND = '#ffffff';
const DARK_GROUND = '#181b21';
const INK = '#10131a';
const MIN_CONTRAST = 4.5;

type Rgb = [number, number, number];

function parseHex(text: string): Rgb | null {
  const match = /^#(?:([0-9a-f]{3})|([0-9a-f]{6}))$/i.exec(text.trim());
  if (match === null) return null;
  const hex = match[2] ?? [...(match[1] as string)].map((digit) => digit + digit).join('');
  return [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as Rgb;
}

const printHex = (rgb: Rgb): string =>
  `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((part) => {
    const unit = part / 255;
    return unit <= 0.04045 ? unit / 12.92 : ((unit + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(a: string, b: string): number {
  const [high, low] = [luminance(parseHex(a) ?? [0, 0, 0]), luminance(parseHex(b) ?? [0, 0, 0])].sort(
    (x, y) => y - x,
  ) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** Moves a colour towards black or white until it can be read on `ground`. */
function readable(rgb: Rgb, ground: string, towards: Rgb): string {
  for (let share = 0; share <= 1; share += 0.05) {
    const mixed = rgb.map((part, i) => part + ((towards[i] as number) - part) * share) as Rgb;
    if (contrast(printHex(mixed), ground) >= MIN_CONTRAST) return printHex(mixed);
  }
  return printHex(towards);
}

/**
 * CSS custom properties for one accent colour.
 *
 * @param accent `#rgb` or `#rrggbb`; anything else is replaced by our default, so that nothing else reaches the stylesheet
 */
export function themeCss(accent: string): string {
  const rgb = parseHex(accent) ?? (parseHex(DEFAULT_ACCENT) as Rgb);
  const plain = printHex(rgb);
  const onAccent = contrast(plain, '#ffffff') >= contrast(plain, INK) ? '#ffffff' : INK;
  const vars = (link: string) => `--accent:${plain};--on-accent:${onAccent};--link:${link};`;
  return (
    `:root{${vars(readable(rgb, LIGHT_GROUND, [0, 0, 0]))}}\n` +
    `@media (prefers-color-scheme:dark){:root{${vars(readable(rgb, DARK_GROUND, [255, 255, 255]))}}}\n`
  );
}
