import { SqlParser } from './sql-parser.ts';

const sides = ['INNER', 'LEFT', 'RIGHT', 'FULL'] as const;
const setOperations = ['UNION', 'INTERSECT', 'EXCEPT'] as const;

/** The same of one SELECT, with what it consists of. */
export class SqlQueryParser extends SqlParser {
  /**
   * One query, to its end or to the parenthesis that closes it.
   *
   * @returns what its columns are named, undefined where it does not say
   */
  select(): (string | undefined)[] {
    if (this.takes('WITH')) this.list(() => this.#with());
    const columns = this.#term();
    for (;;) {
      if (!setOperations.some((word) => this.takes(word))) break;
      if (!this.takes('ALL')) this.takes('DISTINCT');
      this.#term();
    }
    if (this.takes('ORDER', 'BY')) this.order();
    return columns;
  }

  /** A query in parentheses has the LIMIT that it likes. */
  protected override query(): boolean {
    if (!this.isNext('SELECT') && !this.isNext('WITH')) return false;
    this.select();
    if (this.takes('LIMIT') && this.take().kind !== 'number') throw this.unexpected('a number');
    return true;
  }

  #with(): void {
    this.name();
    this.#columnNames();
    this.need('AS');
    this.#inParentheses();
  }

  #inParentheses(): void {
    this.need('(');
    if (!this.query()) throw this.unexpected('SELECT');
    this.need(')');
  }

  #term(): (string | undefined)[] {
    this.need('SELECT');
    if (!this.takes('DISTINCT')) this.takes('ALL');
    const columns: (string | undefined)[] = [];
    this.list(() => columns.push(this.#column()));
    if (this.takes('FROM')) this.list(() => this.#relation());
    if (this.takes('WHERE')) this.expression();
    if (this.takes('GROUP', 'BY')) this.list(() => this.expression());
    if (this.takes('HAVING')) this.expression();
    return columns;
  }

  #column(): string | undefined {
    if (this.takes('*')) return undefined;
    this.expression();
    const isNamed = this.takes('AS') || this.peek().kind === 'name';
    return isNamed ? this.name() : undefined;
  }

  #relation(): void {
    this.#source();
    for (;;) {
      if (this.takes('CROSS', 'JOIN')) {
        this.#source();
        continue;
      }
      const side = sides.some((word) => this.takes(word));
      if (side) this.takes('OUTER');
      if (!this.takes('JOIN')) {
        if (side) throw this.unexpected('JOIN');
        return;
      }
      this.#source();
      if (this.takes('ON')) this.expression();
      else {
        this.need('USING');
        this.#columnNames();
      }
    }
  }

  #source(): void {
    if (this.isNext('(')) this.#inParentheses();
    else if (this.takes('UNNEST', '(')) {
      this.list(() => this.expression());
      this.need(')');
      this.takes('WITH', 'ORDINALITY');
    } else this.name();
    if (this.takes('AS') || this.#isAlias()) {
      this.name();
      this.#columnNames();
    }
  }

  /** A word that could begin what comes after a relation is none. */
  #isAlias(): boolean {
    const { kind, key } = this.peek();
    return kind === 'name' || (kind === 'word' && /^[A-Z_]\w*$/.test(key) && !follows.has(key));
  }

  #columnNames(): void {
    if (!this.takes('(')) return;
    this.list(() => this.name());
    this.need(')');
  }
}

const follows = new Set([
  ...['WHERE', 'GROUP', 'HAVING', 'ORDER', 'LIMIT', 'OFFSET', 'ON', 'USING', 'CROSS', 'JOIN', 'FETCH'],
  ...sides,
  ...setOperations,
]);
