/** Draws the medal of a badge as SVG. The same name always gives the same medal. */
export function drawPicture(name: string): string {
  const [title = name] = name.split('.');
  const seed = [...title].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 100_000, 7);
  const hue = seed % 360;
  const points = 5 + (seed % 4);
  const initials = title
    .split('-')
    .map((word) => word.charAt(0).toUpperCase())
    .join('')
    .replace(/[^A-Z0-9]/g, '')
    .slice(0, 2);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-100 -100 200 200" width="200" height="200">
<circle r="96" fill="hsl(${hue} 65% 40%)"/>
<circle r="82" fill="none" stroke="hsl(${hue} 80% 75%)" stroke-width="5"/>
<polygon points="${star(points)}" fill="hsl(${hue} 80% 88%)"/>
<text y="13" text-anchor="middle" font-family="sans-serif" font-size="36" font-weight="700" fill="hsl(${hue} 65% 28%)">${initials}</text>
</svg>`;
}

function star(points: number): string {
  return Array.from({ length: points * 2 }, (_, corner) => {
    const radius = corner % 2 === 0 ? 70 : 44;
    const angle = (Math.PI * corner) / points - Math.PI / 2;
    return `${Math.round(radius * Math.cos(angle))},${Math.round(radius * Math.sin(angle))}`;
  }).join(' ');
}
