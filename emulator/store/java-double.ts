/**
 * A double as Java's `Double.toString` prints it, which is how SLS does: `60.0`, `1.0E-4`, `1.2345E7`, `NaN`,
 * `Infinity`. Plain decimals from 10⁻³ up to 10⁷, else computerized scientific notation; always one digit
 * after the point, and the fewest digits that tell the value from its neighbours.
 * https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/lang/Double.html#toString(double)
 */
export function javaDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const magnitude = Math.abs(value);
  if (magnitude === 0) return `${sign}0.0`;
  const { digits, exponent } = decompose(magnitude);
  return (
    sign + (magnitude >= 1e-3 && magnitude < 1e7 ? plain(digits, exponent) : scientific(digits, exponent))
  );
}

/** The digits d₁d₂… and the power of ten of d₁. Where one digit would do, Java takes the nearest of two. */
function decompose(magnitude: number): { digits: string; exponent: number } {
  const shortest = magnitude.toExponential();
  const [mantissa = '', power = ''] = (/^\de/.test(shortest) ? magnitude.toExponential(1) : shortest).split(
    'e',
  );
  return { digits: mantissa.replace('.', '').replace(/0$/, ''), exponent: Number(power) };
}

function plain(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const padded = digits.padEnd(exponent + 1, '0');
  return `${padded.slice(0, exponent + 1)}.${padded.slice(exponent + 1) || '0'}`;
}

function scientific(digits: string, exponent: number): string {
  return `${digits.slice(0, 1)}.${digits.slice(1) || '0'}E${exponent}`;
}
