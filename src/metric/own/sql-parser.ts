import { endToken, sqlTokens, type SqlToken } from './sql-tokens.ts';
import { droppedFraction, isWholeCall, isWholeToken } from './whole-numbers.ts';

/** Words that no value begins with. Source: Presto, "Reserved keywords". */
const reserved = new Set(
  (
    'ALTER AND AS BETWEEN BY CASE CREATE CROSS DELETE DESCRIBE DISTINCT DROP ELSE END ESCAPE EXCEPT EXECUTE FOR FROM ' +
    'FULL GROUP HAVING IN INNER INSERT INTERSECT INTO IS JOIN LEFT LIKE LIMIT NATURAL OFFSET ON OR ORDER OUTER ' +
    'PREPARE RIGHT SELECT TABLE THEN UNION UPDATE USING VALUES WHEN WHERE WITH'
  ).split(' '),
);

const binary = new Set(
  ['+', '-', '*', '/', '%', '||', '=', '<>', '!=', '<', '>', '<=', '>='].concat([
    'AND',
    'OR',
    'LIKE',
    'BETWEEN',
    'ESCAPE',
  ]),
);

/** Before a string: `DATE '2026-01-01'`. */
const typed = new Set(['DATE', 'TIME', 'TIMESTAMP', 'INTERVAL', 'DECIMAL', 'BIGINT', 'DOUBLE', 'VARCHAR']);

/** Parentheses in parentheses; so many are a mistake. */
const deepest = 50;

/**
 * The grammar of one expression of Presto's SQL, as far as it tells a slip from what may be meant: where a value stands,
 * and what belongs together. What the functions are and take, SLS tells.
 *
 * @see https://prestodb.io/docs/current/sql/select.html
 */
export class SqlParser {
  readonly #tokens: readonly SqlToken[];
  #position = 0;
  #depth = 0;
  /** Names of the functions called so far, in lower case. */
  readonly functions: string[] = [];

  /** @throws SyntaxError words that follow the text's name: `must …` */
  constructor(sql: string) {
    this.#tokens = sqlTokens(sql);
  }

  peek(ahead = 0): SqlToken {
    return this.#tokens[this.#position + ahead] ?? endToken;
  }

  take(): SqlToken {
    const token = this.peek();
    this.#position += 1;
    return token;
  }

  /** Takes these words or symbols if they come next. */
  takes(...keys: readonly string[]): boolean {
    const comes = keys.every((key, ahead) => this.isNext(key, ahead));
    if (comes) this.#position += keys.length;
    return comes;
  }

  isNext(key: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return (token.kind === 'word' || token.kind === 'symbol') && token.key === key;
  }

  need(key: string): void {
    if (!this.takes(key)) throw this.unexpected(key);
  }

  unexpected(expected: string): SyntaxError {
    const { text, at, kind } = this.peek();
    return new SyntaxError(
      `must have ${expected} ${kind === 'end' ? 'before its end' : `in place of ${text} at character ${at}`}`,
    );
  }

  list(item: () => unknown): void {
    do item();
    while (this.takes(','));
  }

  name(): string {
    const { kind, key, text } = this.peek();
    if (kind !== 'name' && (kind !== 'word' || reserved.has(key))) throw this.unexpected('a name');
    this.take();
    return text;
  }

  /** @returns whether it is a whole number for certain */
  expression(): boolean {
    let whole = this.#unary();
    for (;;) {
      const { text } = this.peek();
      const right = this.#continues();
      if (right === undefined) return whole;
      if (text === '/' && whole && right) throw new SyntaxError(droppedFraction);
      // What comes before + and - is another term; a quotient has its fraction.
      whole = text === '*' ? whole && right : text !== '/' && right;
    }
  }

  /**
   * A query where a value may stand, after the parenthesis that opens.
   *
   * @returns whether there is one
   */
  protected query(): boolean {
    if (this.isNext('SELECT') || this.isNext('WITH'))
      throw new SyntaxError('must not have a query in it: a whole SELECT stands in sql');
    return false;
  }

  /** @returns whether what follows the operator is a whole number; undefined where no operator comes */
  #continues(): boolean | undefined {
    const negated = this.isNext('NOT') ? 1 : 0;
    const { kind, key } = this.peek(negated);
    if (kind !== 'word' && kind !== 'symbol') return undefined;
    if (binary.has(key) && (negated === 0 || key === 'LIKE' || key === 'BETWEEN')) {
      this.#position += negated + 1;
      return this.#unary();
    }
    if (key === 'IN') {
      this.#position += negated + 1;
      this.need('(');
      this.#nested(() => this.query() || this.list(() => this.expression()));
      return false;
    }
    if (negated > 0) return undefined;
    if (this.takes('IS')) {
      this.takes('NOT');
      if (this.takes('DISTINCT', 'FROM')) this.#unary();
      else if (!this.takes('NULL')) throw this.unexpected('NULL');
      return false;
    }
    if (!this.takes('AT', 'TIME', 'ZONE')) return undefined;
    this.#unary();
    return false;
  }

  /** @returns whether it is a whole number for certain */
  #unary(): boolean {
    while (this.takes('NOT') || this.takes('-') || this.takes('+'));
    const whole = this.#primary();
    const end = this.#position;
    for (;;) {
      if (this.takes('[')) {
        this.expression();
        this.need(']');
      } else if (this.takes('.')) this.name();
      else return whole && end === this.#position;
    }
  }

  /** @returns whether it is a whole number for certain */
  #primary(): boolean {
    const { kind, key } = this.peek();
    if (kind === 'string' || kind === 'number' || kind === 'placeholder') return isWholeToken(this.take());
    if (this.takes('(')) {
      let whole = false;
      this.#nested(() => this.query() || this.list(() => (whole = this.expression())));
      if (this.takes('->')) this.expression();
      return whole;
    }
    if (this.takes('CASE')) return this.#case();
    if (this.takes('EXISTS', '(')) this.#nested(() => this.query() || this.#needQuery());
    else if (this.takes('ARRAY', '[')) {
      if (this.takes(']')) return false;
      this.list(() => this.expression());
      this.need(']');
    } else if (kind === 'word' && typed.has(key) && this.#isLiteral(1)) this.#literal(key);
    else return this.#named();
    return false;
  }

  #isLiteral(ahead: number): boolean {
    const signed = this.isNext('-', ahead) || this.isNext('+', ahead) ? 1 : 0;
    return this.peek(ahead + signed).kind === 'string';
  }

  #literal(type: string): void {
    this.take();
    if (!this.takes('-')) this.takes('+');
    this.take();
    if (type === 'INTERVAL') this.name();
  }

  /** @returns whether each of its results is a whole number for certain */
  #case(): boolean {
    let whole = true;
    const result = () => (whole = this.expression() && whole);
    if (!this.isNext('WHEN')) this.expression();
    do {
      this.need('WHEN');
      this.expression();
      this.need('THEN');
      result();
    } while (this.isNext('WHEN'));
    if (this.takes('ELSE')) result();
    this.need('END');
    return whole;
  }

  /** A column, a call, or `x -> …`. */
  #named(): boolean {
    const { kind, key } = this.peek();
    if (kind !== 'name' && (kind !== 'word' || reserved.has(key))) throw this.unexpected('a value');
    const token = this.take();
    if (this.takes('(')) return this.#call(key);
    if (!this.takes('->')) return isWholeToken(token);
    this.expression();
    return false;
  }

  /** @returns whether what it gives is a whole number for certain */
  #call(name: string): boolean {
    this.functions.push(name.replaceAll('"', '').toLowerCase());
    const wholes: boolean[] = [];
    let type: string | undefined;
    this.#nested(() => {
      if (this.isNext(')') || (this.isNext('*') && this.isNext(')', 1) && this.takes('*'))) return;
      if (name === 'EXTRACT' && this.isNext('FROM', 1)) this.#position += 2;
      if (!this.takes('DISTINCT')) this.takes('ALL');
      this.list(() => wholes.push(this.expression()));
      if ((name === 'CAST' || name === 'TRY_CAST') && this.takes('AS')) {
        type = this.peek().text;
        this.#type();
      }
      if (this.takes('ORDER', 'BY')) this.order();
    });
    if (this.takes('FILTER', '(')) {
      this.#nested(() => {
        this.need('WHERE');
        this.expression();
      });
    }
    if (this.takes('OVER', '(')) this.#nested(() => this.#over());
    return isWholeCall(name, wholes, type);
  }

  #over(): void {
    if (this.takes('PARTITION', 'BY')) this.list(() => this.expression());
    if (this.takes('ORDER', 'BY')) this.order();
  }

  order(): void {
    this.list(() => {
      this.expression();
      if (!this.takes('ASC')) this.takes('DESC');
      if (this.takes('NULLS') && !this.takes('FIRST')) this.need('LAST');
    });
  }

  #type(): void {
    do this.name();
    while (this.takes('WITH') || this.peek().kind === 'word');
    if (!this.takes('(')) return;
    this.#nested(() =>
      this.list(() => {
        if (this.peek().kind === 'number') this.take();
        else this.#type();
      }),
    );
  }

  #needQuery(): never {
    throw this.unexpected('SELECT');
  }

  /** After a parenthesis that was opened, to the one that closes it. */
  #nested(read: () => unknown): void {
    this.#depth += 1;
    if (this.#depth > deepest)
      throw new SyntaxError(`must not have more than ${deepest} parentheses in one another`);
    read();
    this.need(')');
    this.#depth -= 1;
  }
}
